import type { Event } from '../../../gen/nim/v1/event.js';
import { timestampOf } from '../../configuration/index.js';
import { causeMessages } from '../publish/index.js';
import type { Happening, LoggedEvent } from './event.js';

/** An event of the log as a message. */
export function eventMessage({ sequence, wallMs, happening }: LoggedEvent): Event {
  return { sequence: BigInt(sequence), time: timestampOf(wallMs), kind: kindOf(happening) };
}

function kindOf(happening: Happening): NonNullable<Event['kind']> {
  switch (happening.kind) {
    case 'port-changed':
      return {
        $case: 'portChanged',
        value: { logicalLabel: happening.label, interface: happening.interfaceName, changes: [...happening.changes] },
      };
    case 'selection-changed':
      return {
        $case: 'selectionChanged',
        value: {
          networkInstanceId: happening.networkInstanceId,
          displayName: happening.networkInstanceName,
          fromPort: happening.fromPort ?? '',
          toPort: happening.toPort ?? '',
          cause: causeMessages[happening.cause],
          causeDetail: happening.causeDetail,
        },
      };
    case 'configuration-changed':
      return { $case: 'configurationChanged', value: { version: happening.version, author: happening.author } };
  }
}
