import { Waiters, type CancelTimer, type Clock } from '../../../../lib/clock/index.js';
import { isLightTarget } from '../../../../lib/configuration/index.js';
import type { Logger } from '../../../../lib/observability/index.js';
import {
  healthOf,
  newRecord,
  withOutcome,
  type Health,
  type HealthSettings,
  type TestRecord,
  type ProbeKind,
} from '../../../../lib/decision/health/index.js';
import {
  bytesOf,
  nextTest,
  paceOf,
  refuteStall,
  type SpendingPurpose,
  type TestCause,
  type TestSituation,
  type AnswerFacts,
  type TrafficFacts,
} from '../../../../lib/decision/schedule/index.js';
import type { TestAssignment, TestedPort } from './assignment.js';
import type { Attempt, Prober } from './attempt.js';
import type { BudgetBook } from './budget-book.js';

export interface TesterOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly prober: Prober;
  readonly budgets: BudgetBook;
  /** Called when the record of a target over a port has another outcome. */
  readonly onOutcome: (label: string, targetKey: string) => void;
}

/** Attempts under way at once, over all ports and targets; one more waits for the next that ends. */
const MOST_IN_FLIGHT = 256;

/** A test by hand that has failed. */
export type FailedTest = Pick<TestAssignment, 'label' | 'targetKey'>;

/** One target over one port: its record, and what is under way. */
interface Track {
  assignment: TestAssignment;
  record: TestRecord;
  readonly inFlight: Set<{
    readonly probeKind: ProbeKind;
    readonly startedMs: number;
    readonly abort: AbortController;
  }>;
  requestedMs: number | undefined;
  cancelTimer: CancelTimer;
}

/**
 * Runs the tests: keeps a record for each target over each port, asks the schedule what is next, and does that. All of
 * it concurrent and never waited for by anybody.
 */
export class Tester {
  readonly #options: TesterOptions;
  readonly #tracks = new Map<string, Track>();
  #ports: ReadonlyMap<string, TestedPort> = new Map();
  readonly #traffic = new Map<string, TrafficFacts>();
  readonly #waiting = new Waiters();
  #inFlight = 0;
  #closed = false;

  constructor(options: TesterOptions) {
    this.#options = options;
  }

  /** The records of all targets over a port, by target key. Immutable values; a new outcome makes a new map. */
  recordsOf(label: string): ReadonlyMap<string, TestRecord> {
    return new Map(
      [...this.#tracks.values()]
        .filter(({ assignment }) => assignment.label === label)
        .map(({ assignment, record }) => [assignment.targetKey, record]),
    );
  }

  /** How a target over a port does, by a record of it and by what is known of the port now. */
  healthOf(label: string, record: TestRecord, settings: HealthSettings): Health {
    const traffic = this.#traffic.get(label);
    return healthOf(record, settings, this.#ports.get(label)?.validSinceMs, {
      answeredMs: traffic?.any.lastDownMs,
      tcpAnsweredMs: traffic?.tcp.lastDownMs,
    });
  }

  trafficOf(label: string): TrafficFacts | undefined {
    return this.#traffic.get(label);
  }

  /**
   * Tests these from now on. Records of what stays are kept; what is under way for a port that lost link or address is
   * given up.
   */
  assign(assignments: readonly TestAssignment[], ports: ReadonlyMap<string, TestedPort>): void {
    if (this.#closed) return;
    this.#takePorts(ports);
    const wanted = new Set(assignments.map(keyOf));
    for (const [key, track] of this.#tracks) {
      if (wanted.has(key)) continue;
      giveUp(track);
      this.#tracks.delete(key);
    }
    for (const assignment of assignments) {
      const key = keyOf(assignment);
      const track = this.#tracks.get(key);
      if (track === undefined) {
        this.#tracks.set(key, {
          ...{ assignment, record: newRecord(this.#options.clock.monotonicMs()), inFlight: new Set() },
          ...{ requestedMs: undefined, cancelTimer: () => undefined },
        });
      } else track.assignment = assignment;
    }
    for (const track of this.#tracks.values()) this.#startDue(track);
  }

  /** What the counters of a port show. */
  onTraffic(label: string, facts: TrafficFacts): void {
    const before = this.#traffic.get(label);
    this.#traffic.set(label, facts);
    // Only the beginning and the end of a stall can ask for another test than the one that is planned, and the first
    // connection since the last full test, or since the target was last heard of.
    const isNew = stallKinds.some((kind) => !asksNothingNew(before?.[kind], facts[kind]));
    for (const track of this.#tracksOver(label)) {
      if (isNew || opensFirst(track.record, before?.lastOpenMs, facts.lastOpenMs)) this.#startDue(track);
    }
  }

  /**
   * Runs the full test of every target over these ports now; answers when each has one that began after this call, with
   * those that failed. A failure is followed up like any other.
   */
  async testNow(labels: readonly string[], signal: AbortSignal): Promise<readonly FailedTest[]> {
    const nowMs = this.#options.clock.monotonicMs();
    const tracks = labels.flatMap((label) => this.#tracksOver(label));
    for (const track of tracks) track.requestedMs = nowMs;
    for (const track of tracks) this.#startDue(track);
    const isWaitedFor = (track: Track): boolean =>
      // One port without link is no reason to wait for it, whatever the others do.
      this.#isTestable(track) &&
      !track.record.outcomes.some((one) => one.probeKind === 'full' && one.startedMs >= nowMs);
    while (tracks.some(isWaitedFor) && !signal.aborted && !this.#closed) {
      await this.#waiting.next(signal);
    }
    return tracks.flatMap(({ assignment: { label, targetKey }, record }) => {
      const last = record.outcomes.findLast((one) => one.probeKind === 'full' && one.startedMs >= nowMs);
      return last?.result.kind === 'failed' && last.result.failure !== 'local' ? [{ label, targetKey }] : [];
    });
  }

  close(): void {
    this.#closed = true;
    for (const track of this.#tracks.values()) giveUp(track);
    this.#waiting.wake();
  }

  #takePorts(ports: ReadonlyMap<string, TestedPort>): void {
    for (const [label, before] of this.#ports) {
      const now = ports.get(label);
      if (now?.validSinceMs === before.validSinceMs && now?.interfaceName === before.interfaceName) continue;
      this.#options.prober.forget(label);
      for (const track of this.#tracksOver(label)) giveUp(track);
      this.#traffic.delete(label);
    }
    for (const { label, monthlyTestBytes } of ports.values()) this.#options.budgets.allow(label, monthlyTestBytes);
    this.#ports = ports;
    this.#waiting.wake();
  }

  #tracksOver(label: string): readonly Track[] {
    return [...this.#tracks.values()].filter(({ assignment }) => assignment.label === label);
  }

  #isTestable({ assignment }: Track): boolean {
    return this.#ports.get(assignment.label)?.validSinceMs !== undefined;
  }

  #startDue(track: Track): void {
    track.cancelTimer();
    track.cancelTimer = () => undefined;
    for (;;) {
      if (this.#closed || this.#inFlight >= MOST_IN_FLIGHT) return;
      const { clock } = this.#options;
      const port = this.#ports.get(track.assignment.label);
      if (port === undefined) return;
      const nowMs = clock.monotonicMs();
      const situation = this.#situation(track, port);
      const next = nextTest(situation, nowMs);
      if (next.kind === 'wait') {
        if (next.untilMs !== undefined) {
          // Timers may fire a fraction of a millisecond early, and would then find nothing to do.
          track.cancelTimer = clock.setTimer(Math.ceil(next.untilMs - nowMs) + 1, () => {
            this.#startDue(track);
          });
        }
        return;
      }
      const suspect =
        next.companion !== true &&
        (situation.health.state !== 'working' || situation.health.suspicion !== undefined || next.cause === 'stall');
      const { probeKind, cause } = next;
      const bytes = bytesOf(track.assignment.target.kind, probeKind, situation.target.keepalive);
      const waitMs = this.#admit(track.assignment.label, cause, bytes);
      if (waitMs > 0) {
        track.cancelTimer = clock.setTimer(waitMs, () => {
          this.#startDue(track);
        });
        return;
      }
      this.#start(
        track,
        {
          port,
          assignment: track.assignment,
          probeKind,
          limitMs: next.limitMs,
          suspect,
          recovering: cause === 'recovery',
        },
        { cause, bytes },
      );
    }
  }

  #situation({ assignment, record, inFlight, requestedMs }: Track, port: TestedPort): TestSituation {
    const { budgets, prober } = this.#options;
    const { label, targetKey, target, settings, intervalMs, timeoutMs, calmKeepalives, role } = assignment;
    const traffic = this.#traffic.get(label);
    return {
      validSinceMs: port.validSinceMs,
      record,
      health: this.healthOf(label, record, settings),
      role,
      pace: paceOf(port.priority),
      target: {
        ...{ light: isLightTarget(target), intervalMs, timeoutMs },
        ...{ keepalive: prober.keepaliveMeans(assignment), calmKeepalives },
      },
      traffic,
      inFlight: [...inFlight],
      budget: { state: budgets.state(label), savedShare: budgets.savedShare(label) },
      elsewhereAnsweredMs: this.#elsewhereAnsweredMs(label, targetKey),
      requestedMs,
    };
  }

  #tracksElsewhere(label: string, targetKey: string): readonly Track[] {
    return [...this.#tracks.values()].filter(
      ({ assignment }) => assignment.targetKey === targetKey && assignment.label !== label,
    );
  }

  #elsewhereAnsweredMs(label: string, targetKey: string): number | undefined {
    const answersMs = this.#tracksElsewhere(label, targetKey).flatMap(({ record }) => record.lastSucceeded?.atMs ?? []);
    return answersMs.length === 0 ? undefined : Math.max(...answersMs);
  }

  /** The one gate: 0, or for how long to wait. Who asks by hand does not wait for a budget. */
  #admit(label: string, cause: TestCause, bytes: number): number {
    const { budgets } = this.#options;
    if (cause !== 'requested') return budgets.admit(label, purposeOf(cause), bytes);
    budgets.reserve(label, bytes);
    return 0;
  }

  #start(
    track: Track,
    attempt: Attempt,
    { cause, bytes: reservedBytes }: { readonly cause: TestCause; readonly bytes: number },
  ): void {
    const { clock, prober, budgets, logger } = this.#options;
    const { label, targetKey } = track.assignment;
    const underWay = { probeKind: attempt.probeKind, startedMs: clock.monotonicMs(), abort: new AbortController() };
    track.inFlight.add(underWay);
    this.#inFlight += 1;
    void prober.run(attempt, underWay.abort.signal).then(({ bytes, layer, ...result }) => {
      this.#inFlight -= 1;
      budgets.settle(label, purposeOf(cause), reservedBytes, bytes);
      if (!track.inFlight.delete(underWay)) return;
      const endedMs = clock.monotonicMs();
      logger.trace(
        {
          event: 'probe-finished',
          port: label,
          target: targetKey,
          probeKind: attempt.probeKind,
          cause,
          limitMs: attempt.limitMs,
          ...result,
        },
        'probe finished',
      );
      const traffic = this.#traffic.get(label);
      track.record = withOutcome(track.record, {
        ...{ probeKind: attempt.probeKind, layer, startedMs: underWay.startedMs, endedMs, result },
        trafficAnsweredMs: traffic?.any.lastDownMs,
        tcpAnsweredMs: traffic?.tcp.lastDownMs,
      });
      if (result.kind === 'answered' && traffic !== undefined) this.#refuteStalls(label, traffic, attempt, endedMs);
      this.#options.onOutcome(label, targetKey);
      this.#waiting.wake();
      this.#startDue(track);
      if (result.kind === 'answered') this.#tellElsewhere(label, targetKey);
      this.#startHeldBack();
    });
  }

  /** Whose port in use does not work asks anew where the target answers elsewhere. */
  #tellElsewhere(label: string, targetKey: string): void {
    for (const track of this.#tracksElsewhere(label, targetKey)) {
      const { assignment, record } = track;
      if (assignment.role.kind !== 'in-use') continue;
      if (this.healthOf(assignment.label, record, assignment.settings).state === 'failing') this.#startDue(track);
    }
  }

  /** What answers now, shows that apps' packets of its kind go unanswered by nature. */
  #refuteStalls(label: string, traffic: TrafficFacts, { probeKind }: Attempt, nowMs: number): void {
    const refuted = refuteStall(traffic, 'any', nowMs);
    this.#traffic.set(label, probeKind === 'full' ? refuteStall(refuted, 'tcp', nowMs) : refuted);
  }

  /** Tracks that found too much under way have no timer of their own. */
  #startHeldBack(): void {
    if (this.#inFlight !== MOST_IN_FLIGHT - 1) return;
    for (const track of this.#tracks.values()) this.#startDue(track);
  }
}

function purposeOf(cause: TestCause): SpendingPurpose {
  return cause === 'interval' ? 'calm' : 'doubt';
}

const stallKinds = ['any', 'tcp'] as const;

function opensFirst(record: TestRecord, beforeMs = -Infinity, nowMs = -Infinity): boolean {
  if (nowMs === beforeMs) return false;
  const lastFullMs = record.outcomes.findLast(({ probeKind }) => probeKind === 'full')?.startedMs ?? -Infinity;
  const lastAnsweredMs = record.lastSucceeded?.atMs ?? -Infinity;
  return [lastFullMs, lastAnsweredMs].some((atMs) => beforeMs <= atMs && nowMs > atMs);
}

/** Neither a stall has begun or ended, nor has more of one that was refuted gone up. */
function asksNothingNew(before: AnswerFacts | undefined, now: AnswerFacts): boolean {
  if (before?.unansweredSinceMs !== now.unansweredSinceMs || before?.refuted !== now.refuted) return false;
  return now.refuted === 0 || before.lastUpMs === now.lastUpMs;
}

function keyOf({ label, targetKey }: Pick<TestAssignment, 'label' | 'targetKey'>): string {
  return `${label} ${targetKey}`;
}

function giveUp(track: Track): void {
  track.cancelTimer();
  track.cancelTimer = () => undefined;
  for (const { abort } of track.inFlight) abort.abort();
  track.inFlight.clear();
}
