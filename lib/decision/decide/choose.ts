import type { Quality } from '../health/index.js';
import type { TestState } from './candidate.js';
import type { PortPolicy } from './policy.js';
import type { FailoverWait } from './selection.js';

/** A port that policy permits and that has link, address and a default route. */
export interface Contender {
  readonly port: PortPolicy;
  /** Its priority; 0 of all where priorities make none better than another. */
  readonly cost: number;
  readonly testState: TestState;
  /** Of one that works, by the thresholds of the network instance. */
  readonly quality: Quality['kind'];
  /** Monotonic time until which the failback hold keeps it from pushing out a port that works. */
  readonly holdUntilMs: number;
  /** A change of policy, and nothing else, has put it before the port in use. */
  readonly newlyPreferred: boolean;
  /** Monotonic time until which its first test may take; undefined: nothing is awaited. */
  readonly pendingUntilMs: number | undefined;
}

/** Which contender is chosen, and by which rule. */
export type Choice =
  | { readonly kind: 'none' }
  | { readonly kind: 'best'; readonly contender: Contender }
  /** The better ones are on hold. */
  | { readonly kind: 'in-use-during-hold'; readonly contender: Contender }
  /** Its first test is under way, and a port that costs more is no reason not to wait for that. */
  | { readonly kind: 'in-use-during-first-test'; readonly contender: Contender }
  /** It does not work, and only costlier ports could be taken. The contender need not have link and address. */
  | { readonly kind: 'in-use-during-failover-hold'; readonly contender: Contender; readonly wait: FailoverWait }
  /** None works, and the one in use is as good a guess as any: the far end may be what is down. */
  | { readonly kind: 'in-use-while-none-works'; readonly contender: Contender };

/**
 * Orders contenders: WORKING before UNTESTED before FAILING; then what is not known to be poor; then the lowest
 * priority number; then the one in use; then by name (docs/design.md#choice).
 */
export function rankContenders(contenders: readonly Contender[], inUse: string | undefined): readonly Contender[] {
  return [...contenders].sort(
    (a, b) =>
      order[a.testState] - order[b.testState] ||
      Number(isPoor(a)) - Number(isPoor(b)) ||
      a.cost - b.cost ||
      Number(b.port.label === inUse) - Number(a.port.label === inUse) ||
      compareNames(a.port.label, b.port.label),
  );
}

const order: Readonly<Record<TestState, number>> = { working: 0, untested: 1, failing: 2 };

function isPoor({ testState, quality }: Contender): boolean {
  return testState === 'working' && quality === 'poor';
}

/** By code unit: the same on every machine, whatever its locale. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Chooses among contenders in their order. */
export function chooseContender(ranked: readonly Contender[], inUse: string | undefined, nowMs: number): Choice {
  const [best] = ranked;
  if (best === undefined) return { kind: 'none' };
  const position = ranked.findIndex(({ port }) => port.label === inUse);
  const current = ranked[position];
  if (current === undefined || current === best) return { kind: 'best', contender: best };
  const better = ranked.slice(0, position);
  if (current.testState === 'working') {
    // Of two that cost the same, or where the other costs more, only one that is known to do better is worth a move.
    const next = better.find(
      ({ newlyPreferred, holdUntilMs, cost, quality }) =>
        newlyPreferred || (holdUntilMs <= nowMs && (cost < current.cost || quality === 'good')),
    );
    // Whoever comes before the one that is taken waits, now as in the next decision: the same is said both times.
    return next === best
      ? { kind: 'best', contender: best }
      : { kind: 'in-use-during-hold', contender: next ?? current };
  }
  if (current.pendingUntilMs !== undefined && nowMs < current.pendingUntilMs && best.cost > current.cost) {
    return { kind: 'in-use-during-first-test', contender: current };
  }
  // Leaving a port that does not work for one that does never waits.
  if (best.testState === 'working') return { kind: 'best', contender: best };
  const preferred = better.find((contender) => contender.newlyPreferred);
  return preferred === undefined
    ? { kind: 'in-use-while-none-works', contender: current }
    : { kind: 'best', contender: preferred };
}

/**
 * The choice where leaving for a costlier port waits: until `untilMs` the port in use is kept (`inUse`, which policy
 * permits, working or not), unless an equal or better one is to be taken.
 */
export function delayFailover(choice: Choice, inUse: Contender, untilMs: number, nowMs: number): Choice {
  if (nowMs >= untilMs || (choice.kind !== 'best' && choice.kind !== 'none')) return choice;
  const next = choice.kind === 'none' ? undefined : choice.contender;
  if (next !== undefined && (next.port.label === inUse.port.label || next.cost <= inUse.cost)) return choice;
  return { kind: 'in-use-during-failover-hold', contender: inUse, wait: { untilMs, to: next?.port.label } };
}
