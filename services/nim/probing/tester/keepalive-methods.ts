import type { ProbeTarget } from '../../../../lib/configuration/index.js';
import { backoffMs } from '../../../../lib/clock/index.js';
import { FILLED_ECHO_BYTES, SET_ASIDE_FIRST_MS, SET_ASIDE_MOST_MS } from '../../../../lib/decision/schedule/index.js';
import type { KeepaliveMethod } from '../probe/index.js';

/** An echo request without data is the cheapest; some networks drop those, and answer the usual `ping` (56 bytes). */
export type EchoKind = 'empty' | 'filled';

export const echoKinds = ['empty', 'filled'] as const;

const dataBytes: Readonly<Record<EchoKind, number>> = { empty: 0, filled: FILLED_ECHO_BYTES };

/** What is known of echoes of one kind. */
interface EchoState {
  /** When those ended that went unanswered, and of which it is not known whether the path lived meanwhile. */
  readonly unexplainedMs: readonly number[];
  /** So many answers of the target itself in a row found some unanswered; the last of these answers. */
  readonly ignored: number;
  readonly ignoredAtMs: number | undefined;
  /** They are not answered here; another one is tried then, and so often this was in vain. */
  readonly triedAgainAtMs: number | undefined;
  readonly triedInVain: number;
}

/** How keepalive probes to one target over one port go, learned from what is answered. */
export interface KeepaliveState {
  /** Where the target was last reached. */
  readonly address: string | undefined;
  readonly echoes: Readonly<Record<EchoKind, EchoState>>;
  /** When the target itself answered anything last. */
  readonly provedMs: number;
  /** Keepalive probes so far; where suspect the methods take turns. */
  readonly turn: number;
  /** The same of packets of full size. */
  readonly sizeTurn: number;
}

const freshEcho: EchoState = {
  unexplainedMs: [],
  ignored: 0,
  ignoredAtMs: undefined,
  triedAgainAtMs: undefined,
  triedInVain: 0,
};

export const initialKeepaliveState: KeepaliveState = {
  ...{ address: undefined, provedMs: -Infinity, turn: 0, sizeTurn: 0 },
  echoes: { empty: freshEcho, filled: freshEcho },
};

/** Of a target that answers otherwise so many times beside unanswered echoes it is not the path that swallows them. */
const MISSES_BELIEVED = 2;

/** An answer so shortly after an unanswered echo says that the path lived then, too. */
const SAME_MOMENT_MS = 1_000;

/** The echo that is answered here; undefined: none is. */
export function answeredEcho({ echoes }: KeepaliveState): EchoKind | undefined {
  return echoKinds.find((kind) => echoes[kind].triedAgainAtMs === undefined);
}

/** The echo whose time has come to be tried again, beside a full test. */
export function echoToTry({ echoes }: KeepaliveState, nowMs: number): EchoKind | undefined {
  return echoKinds.find((kind) => (echoes[kind].triedAgainAtMs ?? Infinity) <= nowMs);
}

/**
 * By what the next keepalive probe goes: an echo, the cheapest, unless none is answered here; where suspect by turns,
 * so that a filter, or a limit of the rate, for one of them is not taken for a dead path.
 */
export function keepaliveMethod(state: KeepaliveState, target: ProbeTarget, suspect: boolean): KeepaliveMethod {
  const tcp: KeepaliveMethod | undefined = 'port' in target ? { kind: 'tcp', port: target.port } : undefined;
  const kind = suspect ? echoByTurns(state, tcp === undefined) : answeredEcho(state);
  const byTcp = suspect && state.turn % 2 === 0;
  if (tcp !== undefined && (byTcp || kind === undefined)) return tcp;
  return echoMethod(kind ?? echoByTurns(state, true) ?? 'empty');
}

/** An echo of this kind, with at least so much data. */
export function echoMethod(kind: EchoKind, payloadBytes = 0): Extract<KeepaliveMethod, { kind: 'icmp' }> {
  return { kind: 'icmp', dataBytes: Math.max(dataBytes[kind], payloadBytes) };
}

/** Of those that are answered here; `any`: of all, where there is no other way to ask. */
function echoByTurns({ echoes, turn }: KeepaliveState, any: boolean): EchoKind | undefined {
  const answered = echoKinds.filter((kind) => echoes[kind].triedAgainAtMs === undefined);
  const choice = answered.length === 0 && any ? echoKinds : answered;
  return choice[(turn >> (any ? 0 : 1)) % Math.max(1, choice.length)];
}

/** How an echo went: `impossible` where this device may not, or cannot, send it. */
export interface EchoOutcome {
  readonly kind: EchoKind;
  readonly result: 'answered' | 'unanswered' | 'impossible';
  readonly startedMs: number;
  readonly endedMs: number;
}

/** What an echo has taught. */
export function learnFromEcho(before: KeepaliveState, outcome: EchoOutcome): KeepaliveState {
  const { kind, result, startedMs, endedMs } = outcome;
  const withEcho = (echo: EchoState): KeepaliveState => ({ ...before, echoes: { ...before.echoes, [kind]: echo } });
  const known = before.echoes[kind];
  switch (result) {
    case 'answered':
      return proved(withEcho(freshEcho), endedMs);
    case 'impossible':
      return withEcho(setAside(known, endedMs));
    case 'unanswered':
      // An echo that is tried again, beside a full test.
      if (known.triedAgainAtMs !== undefined) return withEcho(setAside(known, endedMs));
      return before.provedMs > startedMs
        ? withEcho(ignoredOnce(known, before.provedMs, endedMs))
        : withEcho({ ...known, unexplainedMs: [...known.unexplainedMs.slice(1 - MISSES_BELIEVED), endedMs] });
  }
}

/** The target itself has answered in full, at this address. */
export function learnFromFull(before: KeepaliveState, address: string, nowMs: number): KeepaliveState {
  return proved({ ...before, address }, nowMs);
}

/**
 * The path does not work, as is known by now: what went unanswered lately was lost with it, and says nothing of the
 * means. What has been set aside stays so.
 */
export function learnFromOutage(before: KeepaliveState): KeepaliveState {
  const forgive = (echo: EchoState): EchoState => (echo.triedAgainAtMs === undefined ? freshEcho : echo);
  return { ...before, echoes: { empty: forgive(before.echoes.empty), filled: forgive(before.echoes.filled) } };
}

/** The path lived just now: who did not answer meanwhile, ignores what was asked. */
function proved(state: KeepaliveState, nowMs: number): KeepaliveState {
  const explain = (echo: EchoState): EchoState => {
    const ignored = echo.unexplainedMs.some((endedMs) => endedMs >= nowMs - SAME_MOMENT_MS);
    const explained = { ...echo, unexplainedMs: [] };
    return ignored ? ignoredOnce(explained, nowMs, nowMs) : explained;
  };
  return {
    ...state,
    provedMs: nowMs,
    echoes: { empty: explain(state.echoes.empty), filled: explain(state.echoes.filled) },
  };
}

/** Once for each answer: a path that has come back just now answers once where much went unanswered before. */
function ignoredOnce(echo: EchoState, answeredMs: number, nowMs: number): EchoState {
  if (echo.ignoredAtMs === answeredMs) return echo;
  const counted = { ...echo, ignored: echo.ignored + 1, ignoredAtMs: answeredMs };
  return echo.triedAgainAtMs !== undefined || counted.ignored < MISSES_BELIEVED ? counted : setAside(counted, nowMs);
}

function setAside(echo: EchoState, nowMs: number): EchoState {
  const delays = { firstMs: SET_ASIDE_FIRST_MS, mostMs: SET_ASIDE_MOST_MS, attempt: echo.triedInVain };
  return { ...echo, triedAgainAtMs: nowMs + backoffMs(delays), triedInVain: echo.triedInVain + 1 };
}
