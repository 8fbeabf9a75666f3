import type { DoneAt } from '../lab.js';
import type { AppName } from '../topology.js';
import type { TcpSessionReport } from '../traffic/tcp-session.js';
import type { Act } from './acts.js';
import type { TrafficReport, Way } from './app-traffic.js';

/** What one act was for one app. Times in ms since the act began. */
export interface ActResult {
  readonly act: string;
  readonly app: AppName;
  readonly from: Way;
  readonly to: Way;
  /** The stream's longest outage, at most so long; undefined where there is no way out, and so no end of it. */
  readonly outageMs: number | undefined;
  readonly lostPackets: number;
  /** When NIM's stream named the new port; undefined: it had nothing new to say, or was down. */
  readonly selectedAfterMs: number | undefined;
  readonly session: SessionResult;
  /** When the port map first answered on the new port; undefined: it did not move. */
  readonly portMapAfterMs: number | undefined;
  /** Everything was where it should be before time was up. */
  readonly settled: boolean;
}

export type SessionResult =
  | { readonly kind: 'unbroken' }
  | {
      readonly kind: 'broken';
      /** E.g. ECONNRESET. */
      readonly how: string;
      readonly afterMs: number;
      /** Undefined: it is not connected again. */
      readonly reconnectedAfterMs: number | undefined;
    }
  /** There was none, and now there is. */
  | { readonly kind: 'reconnected'; readonly afterMs: number }
  /** There is one, and nothing gets through. */
  | { readonly kind: 'stalled' }
  | { readonly kind: 'down' };

/** Puts together what was measured of an act. Pure. */
export function actResult(input: {
  readonly act: Act;
  readonly app: AppName;
  readonly from: Way;
  readonly done: DoneAt;
  readonly report: TrafficReport;
  readonly selectedAtMs: number | undefined;
  readonly settled: boolean;
}): ActResult {
  const { act, app, from, done, report, selectedAtMs, settled } = input;
  const to = act.leadsTo[app];
  const after = (atMs: number): number => Math.max(0, atMs - done.beforeMs);
  const portMapsMove = act.movesPortMaps === true || (from !== to && act.unattended !== true);
  const portMapAtMs = to === 'none' || !portMapsMove ? undefined : report.inbound[to].sources[0]?.firstSentMs;
  return {
    act: act.title,
    app,
    from,
    to,
    outageMs: to === 'none' ? undefined : report.stream.longestOutageMs,
    lostPackets: report.stream.lost,
    selectedAfterMs: selectedAtMs === undefined ? undefined : after(selectedAtMs),
    session: sessionResult(report.session, to, done.beforeMs),
    portMapAfterMs: portMapAtMs === undefined ? undefined : after(portMapAtMs),
    settled,
  };
}

function sessionResult({ breaks, connectedSinceMs }: TcpSessionReport, to: Way, sinceMs: number): SessionResult {
  const first = breaks[0];
  const reconnectedAfterMs = connectedSinceMs === undefined ? undefined : connectedSinceMs - sinceMs;
  if (first !== undefined) {
    return { kind: 'broken', how: first.detail, afterMs: first.brokenMs - sinceMs, reconnectedAfterMs };
  }
  if (reconnectedAfterMs === undefined) return { kind: 'down' };
  if (to === 'none') return { kind: 'stalled' };
  return reconnectedAfterMs < 0 ? { kind: 'unbroken' } : { kind: 'reconnected', afterMs: reconnectedAfterMs };
}
