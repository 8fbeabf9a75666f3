import { PortLinkState, type PortStatus } from '../../../../gen/nim/v1/port_status.js';
import { table, type TableOptions } from '../../../render/table.js';
import { millisecondsOf } from '../../../render/time.js';

/** What a port was like at one time. */
interface Sample {
  /** Undefined: nothing was measured. */
  readonly latencyMs: number | undefined;
  /** Of the attempts that counted then, 0 to 1. */
  readonly loss: number | undefined;
}

/** What ports have been like, the oldest first, by logical label. */
export type PortHistory = ReadonlyMap<string, readonly Sample[]>;

/** As many samples as a narrow terminal has room for. */
const SAMPLES_KEPT = 30;
const BARS = Array.from('▁▂▃▄▅▆▇█');

/** The history with one more sample of each port. Ports that are gone are forgotten. */
export function withSample(history: PortHistory, ports: readonly PortStatus[]): PortHistory {
  return new Map(
    ports.map((port) => [
      port.logicalLabel,
      [...(history.get(port.logicalLabel) ?? []), sample(port)].slice(-SAMPLES_KEPT),
    ]),
  );
}

function sample({ linkState, targets: [target] }: PortStatus): Sample {
  if (linkState !== PortLinkState.PORT_LINK_STATE_UP || target === undefined) return { latencyMs: undefined, loss: 1 };
  const { latency, attempts, answers } = target;
  return {
    latencyMs: latency === undefined ? undefined : millisecondsOf(latency),
    loss: attempts === 0 ? undefined : (attempts - answers) / attempts,
  };
}

/** One character for each value, as high as the value is of `most`; blank where there is none. */
export function sparkline(values: readonly (number | undefined)[], most: number): string {
  return values
    .map((value) => {
      if (value === undefined) return ' ';
      const height = most > 0 ? Math.min(1, value / most) : 0;
      return BARS[Math.min(BARS.length - 1, Math.floor(height * BARS.length))] ?? ' ';
    })
    .join('');
}

/** Round trip and loss of each port over the last samples; empty where there are none yet. */
export function historyTable(history: PortHistory, everySeconds: number, options: TableOptions): string {
  const rows = [...history].flatMap(([label, samples]) => {
    const latencies = samples.flatMap(({ latencyMs }) => latencyMs ?? []);
    if (samples.length < 2 || latencies.length === 0) return [];
    const [least, most] = [Math.min(...latencies), Math.max(...latencies)];
    return [
      [
        label,
        sparkline(
          samples.map(({ latencyMs }) => latencyMs),
          most,
        ),
        `${Math.round(least)} to ${Math.round(most)} ms`,
        sparkline(
          samples.map(({ loss }) => loss),
          1,
        ),
      ],
    ];
  });
  if (rows.length === 0) return '';
  return table(['PORT', `RTT, EVERY ${everySeconds} S`, 'FROM', 'LOSS'], rows, options);
}
