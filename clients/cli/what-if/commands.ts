import { InvalidArgumentError, type Command } from 'commander';

import type { AssumedGrant } from '../../../gen/nim/v1/network_interface_manager.js';
import { action } from '../../terminal/action.js';
import { each, operationWord, priorityList } from '../../terminal/arguments.js';
import { addPatchOptions } from '../policy/patch-options.js';

const asItIs = (text: string): string => text;

/** `app-image:2`, `app-traffic:1,2@default` */
function readGrant(text: string): AssumedGrant {
  const [, operation, priorities, networkInstance = ''] = /^([^:]*):([^@]*)(?:@(.+))?$/.exec(text) ?? [];
  if (operation === undefined || priorities === undefined) {
    throw new InvalidArgumentError(
      'It is OPERATION:PRIORITIES, as in app-image:2 or app-traffic:1,2@NETWORK-INSTANCE.',
    );
  }
  return { operation: operationWord(operation), priorities: [...priorityList(priorities)], networkInstance };
}

/** `what-if`. */
export function addWhatIfCommand(program: Command): void {
  const command = program
    .command('what-if')
    .description(
      'which ports network instances and operations would use with another configuration, policy or port state; changes nothing',
    )
    .option('--config <file>', 'with this EdgeDevConfig instead of the one in force; - is standard input');
  addPatchOptions(command)
    .option(
      '--grant <operation:priorities>',
      'with this grant: app-image:2, app-traffic:1,2@NETWORK-INSTANCE',
      each(readGrant),
    )
    .option('--down <port>', 'with this port without link; may stand several times', each(asItIs))
    .option('--failing <port>', 'with this port failing its tests', each(asItIs))
    .option('--working <port>', 'with this port working', each(asItIs))
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./what-if.js')).whatIf));
}
