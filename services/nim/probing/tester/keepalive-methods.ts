import type { ProbeTarget } from '../../../../lib/configuration/index.js';

/** How keepalive probes to one target over one port go, learned from what is answered. */
export interface KeepaliveState {
  /** Where the target was last reached. */
  readonly address: string | undefined;
  /** Echo requests in a row that went unanswered. */
  readonly echoMisses: number;
  /** The host answers connections and no echo. */
  readonly ignoresEcho: boolean;
  /** Keepalive probes so far; where suspect the methods take turns. */
  readonly turn: number;
}

export const initialKeepaliveState: KeepaliveState = { address: undefined, echoMisses: 0, ignoresEcho: false, turn: 0 };

export type KeepaliveMethod = { readonly kind: 'icmp' } | { readonly kind: 'tcp'; readonly port: number };

/** Of a host that answers a connection after so many unanswered echoes it is not the path that swallows them. */
const missesBelieved = 2;

/**
 * By what the next keepalive probe goes: an echo, the cheapest, unless the host ignores it; where suspect by turns, so
 * that a filter for one of them is not taken for a dead path.
 */
export function keepaliveMethod(
  { ignoresEcho, turn }: KeepaliveState,
  target: ProbeTarget,
  suspect: boolean,
): KeepaliveMethod {
  if (!('port' in target)) return { kind: 'icmp' };
  const byTcp = suspect ? turn % 2 === 0 : ignoresEcho;
  return byTcp ? { kind: 'tcp', port: target.port } : { kind: 'icmp' };
}

/** How a keepalive probe went: `impossible` where this device may not, or cannot, send it. */
export type KeepaliveOutcome = 'answered' | 'unanswered' | 'impossible';

/** What a keepalive probe has taught. */
export function learnFromKeepalive(
  before: KeepaliveState,
  method: KeepaliveMethod,
  fate: KeepaliveOutcome,
): KeepaliveState {
  const turn = before.turn + 1;
  const answered = fate === 'answered';
  switch (method.kind) {
    case 'icmp':
      if (answered) return { ...before, turn, echoMisses: 0, ignoresEcho: false };
      return fate === 'impossible'
        ? { ...before, turn, ignoresEcho: true }
        : { ...before, turn, echoMisses: before.echoMisses + 1 };
    case 'tcp':
      return { ...before, turn, ignoresEcho: before.ignoresEcho || (answered && before.echoMisses >= missesBelieved) };
  }
}

/**
 * The target was reached in full at this address. What was believed of echoes is put to the test again: it costs two of
 * them.
 */
export function learnFromFull(before: KeepaliveState, address: string): KeepaliveState {
  return { ...before, address, echoMisses: 0, ignoresEcho: false };
}
