import { healthOf, newRecord, qualityOf, type Health, type ProbeKind, type Quality } from '../health/index.js';
import { noTestFacts, type NetworkSnapshot, type PortFacts, type PortTestFacts } from '../snapshot/index.js';
import type { TestState } from './candidate.js';
import { combineEvidence } from './combined-evidence.js';
import type { PortMemory } from './memory.js';
import { testStateOf } from './test-state.js';
import { allInOrder, targetOutages, type IsOutOfOrder } from './target-outages.js';
import { singleProfiles, type TestProfile } from './test-profile.js';

/** What is known of a port by one profile. */
export interface Evidence {
  readonly profile: TestProfile;
  /** By each of its targets, where it has several. */
  readonly targets: readonly TargetEvidence[];
  readonly testState: TestState;
  readonly test: PortTestFacts;
  /** Of the path while it works, by the profile's thresholds; unknown where it has none. */
  readonly quality: Quality;
  /** Undefined where link and address are the test. */
  readonly health: Health | undefined;
  /**
   * When the target itself answered last, and not only its address; undefined: never, or link and address are the test.
   */
  readonly lastFullMs: number | undefined;
  /** When a packet of full size came through last; undefined: never since tests began. */
  readonly lastSizeMs: number | undefined;
  /** Monotonic time until which its first test may take; undefined: nothing is awaited. */
  readonly pendingUntilMs: number | undefined;
}

/** What is known of a port by one of several targets. */
export interface TargetEvidence {
  readonly targetKey: string;
  readonly evidence: Evidence;
  /** It fails over every port, and counts for nobody as long as others answer. */
  readonly outOfOrder: boolean;
}

/** A first test takes a few round trips, and the name servers of a new lease may need a moment. */
const FIRST_TEST_GRACE_MS = 5_000;

const unknownQuality: Quality = { kind: 'unknown' };

/** Reads each port by each profile once for a whole decision, however many network instances ask. */
export class EvidenceReader {
  readonly #snapshot: NetworkSnapshot;
  readonly #usableSince: (label: string) => number | undefined;
  readonly #isOutOfOrder: IsOutOfOrder;
  readonly #read = new Map<string, Evidence>();

  constructor(snapshot: NetworkSnapshot, usableSince: (label: string) => number | undefined) {
    this.#snapshot = snapshot;
    this.#usableSince = usableSince;
    this.#isOutOfOrder = targetOutages(snapshot, usableSince);
  }

  of(label: string, profile: TestProfile): Evidence {
    const key = `${label} ${profile.key}`;
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const evidence = evidenceOf(this.#snapshot.ports.get(label), profile, this.#usableSince(label), this.#isOutOfOrder);
    this.#read.set(key, evidence);
    return evidence;
  }
}

/** The evidence of remembered ports. */
export function readerFor(snapshot: NetworkSnapshot, ports: ReadonlyMap<string, PortMemory>): EvidenceReader {
  return new EvidenceReader(snapshot, (label) => ports.get(label)?.usableSinceMs);
}

/** Whether a port works by this profile, from the facts alone. */
export function evidenceOf(
  facts: PortFacts | undefined,
  profile: TestProfile,
  usableSinceMs: number | undefined,
  isOutOfOrder: IsOutOfOrder = allInOrder,
): Evidence {
  if (profile.kind === 'target' && profile.further.length > 0) {
    const targets = singleProfiles(profile).map((single) => ({
      targetKey: single.targetKey,
      evidence: evidenceOf(facts, single, usableSinceMs),
      outOfOrder: isOutOfOrder(single),
    }));
    return combineEvidence(profile, targets);
  }
  if (profile.kind === 'link' || profile.kind === 'address') {
    const test = profile.kind === 'link' ? noTestFacts : (facts?.test ?? noTestFacts);
    const testState = profile.kind === 'link' ? 'untested' : testStateOf(test, usableSinceMs);
    return {
      profile,
      targets: [],
      testState,
      test,
      quality: unknownQuality,
      health: undefined,
      lastFullMs: undefined,
      lastSizeMs: undefined,
      pendingUntilMs: undefined,
    };
  }
  const known = facts?.targets?.get(profile.targetKey);
  const record = known ?? newRecord(0);
  const health = healthOf(record, profile.settings, usableSinceMs, {
    answeredMs: facts?.trafficAnsweredMs,
    tcpAnsweredMs: facts?.tcpAnsweredMs,
  });
  const quality =
    profile.quality === undefined ? unknownQuality : qualityOf(record.outcomes, profile.quality, usableSinceMs);
  const { lastSucceeded, lastFailed } = record;
  const test: PortTestFacts = {
    lastSucceededMs: lastSucceeded?.atMs,
    lastFailedMs: lastFailed?.atMs,
    lastError: lastFailed?.detail,
    lastFailure: lastFailed?.failure,
    latencyMs: lastSucceeded?.latencyMs,
  };
  const pending = health.state === 'untested' && usableSinceMs !== undefined;
  // Where testing has not even begun, its beginning asks for another decision.
  const begunMs = known === undefined ? Infinity : Math.max(known.begunMs, usableSinceMs ?? 0);
  const pendingUntilMs = pending ? begunMs + FIRST_TEST_GRACE_MS : undefined;
  const lastAnswerMs = (wanted: ProbeKind): number | undefined =>
    record.outcomes.findLast(
      ({ probeKind, result, startedMs }) =>
        probeKind === wanted && result.kind === 'answered' && startedMs >= (usableSinceMs ?? Infinity),
    )?.endedMs;
  const [lastFullMs, lastSizeMs] = [lastAnswerMs('full'), lastAnswerMs('size')];
  return {
    ...{ profile, targets: [], testState: health.state, test, quality, health },
    ...{ lastFullMs, lastSizeMs, pendingUntilMs },
  };
}
