import Table from 'cli-table3';

import { percentile } from '../distribution.js';
import type { DetectionCase } from './case.js';
import type { Promptness } from './hanging-probes.js';
import type { ProbeBytes } from './probe-bytes.js';

const plain = { style: { head: [], border: [] } };

/** What others do when an uplink goes dark and its link stays up: not measured here (docs/design.md#what-others-do). */
const peers: readonly (readonly [string, string])[] = [
  ['VyOS WAN load balancing', '5-11 s'],
  ['VyOS failover routes', '2-24 s'],
  ['MikroTik / Peplink', '11-21 s / 15-30 s'],
  ['pfSense / OPNsense', '15 s / 16 s'],
  ['NetworkManager', '20-320 s'],
  ['mwan3, one target / as shipped', '60-70 s / 116-130 s'],
];

/** The cases side by side with EVE's own figures. */
export function caseTable(results: readonly (readonly [DetectionCase, readonly number[]])[]): string {
  const table = new Table({
    head: ['', 'runs', 'median', 'p90', 'max', '', 'goal', 'EVE'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'left', 'left', 'left'],
    ...plain,
  });
  for (const [{ what, goal, eve, measurement }, values] of results) {
    const digits = measurement.kind === 'leaves' ? 2 : 0;
    const figures = [0.5, 0.9, 1].map((share) => percentile(values, share).toFixed(digits));
    table.push([what, values.length, ...figures, measurement.kind === 'leaves' ? 's' : '', goal, eve]);
  }
  return table.toString();
}

export function peersTable(): string {
  const table = new Table({
    head: ['peers, uplink dark behind a good link (docs/design.md)', 'fault to decision'],
    ...plain,
  });
  for (const [name, figure] of peers) table.push([name, figure]);
  return table.toString();
}

/** `month`: by port, in virtual time. */
export function bytesTable(measured: readonly ProbeBytes[], month: ReadonlyMap<string, number>): string {
  const table = new Table({
    head: ['idle port', 'over', 'accounted', 'at the ISP', '30 days at this pace', '30 idle days, virtual', 'goal'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
    ...plain,
  });
  for (const { port, seconds, accountedBytes, countedBytes } of measured) {
    table.push([
      port,
      `${seconds} s`,
      `${accountedBytes} B`,
      `${countedBytes} B`,
      megabytes((accountedBytes / seconds) * 30 * 24 * 3_600),
      megabytes(month.get(port) ?? Number.NaN),
      port === 'eth0' ? '20 MB' : '5 MB',
    ]);
  }
  return table.toString();
}

/** Calm, then with tests that hang. */
export function promptnessTable(results: readonly Promptness[]): string {
  const table = new Table({
    head: ['tests that hang', 'AuthorizePort median', 'p90', 'p99', 'pull to NITS median', 'p90', 'max', 'unit'],
    colAligns: ['right', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
    ...plain,
  });
  for (const { hanging, authorizeMs, nitsMs } of results) {
    const figures = [
      ...[0.5, 0.9, 0.99].map((share) => percentile(authorizeMs, share)),
      ...[0.5, 0.9, 1].map((share) => percentile(nitsMs, share)),
    ];
    table.push([hanging, ...figures.map((figure) => figure.toFixed(2)), 'ms']);
  }
  return table.toString();
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
