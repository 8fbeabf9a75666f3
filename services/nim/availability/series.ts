import { causes, type SelectionCause } from '../../../lib/decision/decide/index.js';
import { seriesName, seriesParts, type Counts } from '../../../lib/history/index.js';
import { instanceStates, portStates, type InstanceView, type PortView } from './views.js';

/** What is counted by the hour: milliseconds in each state, bytes, moves. */
export type AvailabilitySeries =
  /** Milliseconds in each of `portStates`, then bytes of tests. */
  | { readonly kind: 'port'; readonly port: string }
  /** Milliseconds in each of `instanceStates`. */
  | { readonly kind: 'instance'; readonly id: string; readonly name: string }
  /** Milliseconds on a port. */
  | { readonly kind: 'share'; readonly id: string; readonly port: string; readonly priority: number }
  /** Moves. */
  | { readonly kind: 'cause'; readonly id: string; readonly cause: SelectionCause };

export function availabilitySeries(series: AvailabilitySeries): string {
  switch (series.kind) {
    case 'port':
      return seriesName('port', series.port);
    case 'instance':
      return seriesName('instance', series.id, series.name);
    case 'share':
      return seriesName('share', series.id, series.port, `${series.priority}`);
    case 'cause':
      return seriesName('cause', series.id, series.cause);
  }
}

/** Undefined: it is none of ours. */
export function availabilitySeriesOf(name: string): AvailabilitySeries | undefined {
  const [kind, id = '', second = '', third = ''] = seriesParts(name);
  switch (kind) {
    case 'port':
      return { kind, port: id };
    case 'instance':
      return { kind, id, name: second };
    case 'share':
      return { kind, id, port: second, priority: Number(third) };
    case 'cause': {
      const cause = causes.find((each) => each === second);
      return cause === undefined ? undefined : { kind, id, cause };
    }
    default:
      return undefined;
  }
}

/** For so many milliseconds everything was as it is said here. */
export function timeCounts(
  ports: ReadonlyMap<string, PortView>,
  instances: ReadonlyMap<string, InstanceView>,
  elapsedMs: number,
): Counts {
  const ms = Math.round(elapsedMs);
  if (ms <= 0) return new Map();
  const counts = new Map<string, readonly number[]>();
  for (const [port, { state }] of ports) {
    const inEach = portStates.map((each) => (each === state ? ms : 0));
    counts.set(availabilitySeries({ kind: 'port', port }), inEach);
  }
  for (const [id, { name, state, port, priority }] of instances) {
    const inEach = instanceStates.map((each) => (each === state ? ms : 0));
    counts.set(availabilitySeries({ kind: 'instance', id, name }), inEach);
    if (port !== undefined) counts.set(availabilitySeries({ kind: 'share', id, port, priority }), [ms]);
  }
  return counts;
}

/** Bytes that tests of a port have taken. */
export function testByteCounts(port: string, bytes: number): Counts {
  if (bytes <= 0) return new Map();
  return new Map([[availabilitySeries({ kind: 'port', port }), [...portStates.map(() => 0), Math.round(bytes)]]]);
}

/** A network instance has moved. */
export function causeCounts(id: string, cause: SelectionCause): Counts {
  return new Map([[availabilitySeries({ kind: 'cause', id, cause }), [1]]]);
}
