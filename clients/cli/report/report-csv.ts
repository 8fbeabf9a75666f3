import { causeLabel } from '../../render/enum-labels.js';
import type { ReportFigures } from './figures.js';

const COLUMNS = [
  ...['kind', 'network_instance', 'app', 'port', 'availability', 'known_seconds', 'outages', 'longest_seconds'],
  ...['slowest_detection_seconds', 'up_bytes', 'up_packets', 'down_bytes', 'down_packets', 'test_bytes', 'cost'],
  ...['currency', 'priority', 'share', 'cause', 'moves'],
] as const;

type Row = Partial<Readonly<Record<(typeof COLUMNS)[number], string | number | undefined>>>;

/** A report for spreadsheets (RFC 4180): one table, whose `kind` says what a line is about. */
export function reportCsv({ ports, networkInstances, traffic }: ReportFigures): string {
  const rows: Row[] = [
    ...ports.map((each): Row => ({
      ...{ kind: 'port', port: each.port, availability: each.availability, known_seconds: each.knownMs / 1_000 },
      ...{ ...downtime(each), ...bytes(each), test_bytes: each.testBytes, ...cost(each.cost) },
    })),
    ...networkInstances.flatMap((each): readonly Row[] => [
      {
        ...{ kind: 'network-instance', network_instance: each.name, availability: each.availability },
        ...{ known_seconds: each.knownMs / 1_000, ...downtime(each) },
      },
      ...each.priorities.map(({ priority, share }): Row => ({
        ...{ kind: 'priority', network_instance: each.name, priority, share },
      })),
      ...each.moves.map(({ cause, count }): Row => ({
        ...{ kind: 'moves', network_instance: each.name, cause: causeLabel(cause), moves: count },
      })),
    ]),
    ...traffic.map((each): Row => ({
      ...{ kind: 'traffic', network_instance: each.networkInstance, app: each.app, port: each.port },
      ...{ ...bytes(each), ...cost(each.cost) },
    })),
  ];
  const lines = [COLUMNS.join(','), ...rows.map((row) => COLUMNS.map((column) => field(row[column])).join(','))];
  return `${lines.join('\r\n')}\r\n`;
}

function downtime(each: ReportFigures['ports'][number] | ReportFigures['networkInstances'][number]): Row {
  const { outages, longestMs, slowestDetectionMs } = each;
  const detection = slowestDetectionMs === undefined ? {} : { slowest_detection_seconds: slowestDetectionMs / 1_000 };
  return { outages, longest_seconds: longestMs / 1_000, ...detection };
}

function bytes(each: ReportFigures['traffic'][number] | ReportFigures['ports'][number]): Row {
  const { upBytes, upPackets, downBytes, downPackets } = each;
  return { up_bytes: upBytes, up_packets: upPackets, down_bytes: downBytes, down_packets: downPackets };
}

function cost(of: ReportFigures['ports'][number]['cost']): Row {
  return of === undefined ? {} : { cost: of.amount, currency: of.currency };
}

/** A spreadsheet takes a text that begins like a formula for one. */
function field(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return `${value}`;
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
