import type { Command } from 'commander';
import { action } from '../../terminal/action.js';
import { operationNames } from '../../terminal/operation-names.js';

/** `explain`. */
export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description('why a network instance or an operation uses the port it uses, and why not each of the others')
    .argument(
      '[subject]',
      `UUID or name of a network instance; or of what is behind one: an app, its address or MAC, a bridge, a port map such as 8080/tcp; or an operation: ${[...operationNames.keys()].join(', ')}; without it every network instance`,
    )
    .option(
      '--to <destination>',
      'of an app, its UUID or name as the subject: what its access list says of HOST:PORT/PROTOCOL, and by which port it leaves',
    )
    .option('--json', 'print for programs')
    .action(action(async () => (await import('./explain.js')).explain));
}
