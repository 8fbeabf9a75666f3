import type { Event } from '../../gen/nim/v1/event.js';
import { portName } from './port-tables.js';
import { printable } from './table.js';
import { timeText } from './time.js';
import { causeLabel, testLabel } from './enum-labels.js';

function selectedName(label: string): string {
  return label === '' ? 'no port' : label;
}

function what({ kind }: Event): string {
  switch (kind?.$case) {
    case 'portChanged': {
      return `port ${portName(kind.value)}: ${kind.value.changes.join(', ')}`;
    }
    case 'selectionChanged': {
      const { displayName, fromPort, toPort, cause, causeDetail } = kind.value;
      const why = [causeLabel(cause), causeDetail].filter((part) => part !== '').join(': ');
      return `network instance ${displayName}: ${selectedName(fromPort)} -> ${selectedName(toPort)}${why === '' ? '' : ` (${why})`}`;
    }
    case 'configurationChanged': {
      const { version, author, changes, reason } = kind.value;
      const who = `configuration version ${version}${author === '' ? '' : ` by ${author}`}`;
      const news = [reason, changes.join(', ')].filter((part) => part !== '').join('; ');
      return news === '' ? who : `${who}: ${news}`;
    }
    case 'portTestChanged': {
      const { logicalLabel, target, to, detail } = kind.value;
      const why = detail === '' ? '' : ` (${detail})`;
      return `port ${logicalLabel}: ${testLabel(to)} by the test of ${target}${why}`;
    }
    case 'policyChanged': {
      const { author, reason, changes } = kind.value;
      const who = [author, reason].filter((part) => part !== '').join(': ');
      return `policy: ${changes.join('; ')}${who === '' ? '' : ` (${who})`}`;
    }
    case undefined:
      return 'an event of a kind that this command does not know';
  }
}

/** An event in one line. */
export function eventLine(event: Event): string {
  return printable(`${timeText(event.time)}  #${event.sequence}  ${what(event)}`);
}
