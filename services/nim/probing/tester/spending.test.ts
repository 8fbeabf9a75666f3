import process from 'node:process';

import { describe, expect, it } from '@jest/globals';

import type { Clock } from '../../../../lib/clock/index.js';
import { failureKinds, type Layer } from '../../../../lib/decision/health/index.js';
import {
  bytesOf,
  doubtAllowanceBytes,
  MONTH_MS,
  observeTraffic,
  type KeepaliveMeans,
  type PortRole,
  type TrafficCount,
} from '../../../../lib/decision/schedule/index.js';
import type { Attempt, AttemptResult, Prober } from './attempt.js';
import { Bench } from './testing/bench.js';
import type { SimulatedPath } from './testing/simulated-network.js';

/*
 * No sequence of outcomes spends more than the month's bytes and the allowance for followed doubts. `npm run spending`
 * tries more of them, for longer.
 */

const SEEDS = Number(process.env.SPENDING_SEEDS ?? 3);
const DAYS = Number(process.env.SPENDING_DAYS ?? 0.5);

const MONTHLY_BYTES = 200_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The attempt with which the last byte is spent takes more: one of savings, and one of the allowance. */
const LAST_ATTEMPTS_BYTES = 2 * 7_000;

const roles: readonly PortRole[] = [
  { kind: 'in-use' },
  { kind: 'standby' },
  { kind: 'returning' },
  { kind: 'wanted', sinceMs: Infinity, probeKind: 'full' },
  { kind: 'wanted', sinceMs: Infinity, probeKind: 'size' },
];

/** What the buckets hold at first, and what comes in by then. */
function mostBytes(passedMs: number): number {
  return (
    MONTHLY_BYTES * (1 / 10 + passedMs / MONTH_MS) +
    doubtAllowanceBytes(MONTHLY_BYTES) * (2 / 5 + ((3 / 5) * passedMs) / MONTH_MS) +
    LAST_ATTEMPTS_BYTES
  );
}

/** Draws numbers that can be drawn again. */
class Lots {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((this.#state / 0x80000000) * limit);
  }

  of<T>(choices: readonly T[], otherwise: T): T {
    return choices[this.below(choices.length)] ?? otherwise;
  }
}

const failures = failureKinds.filter((kind) => kind !== 'local');
const fullLayers: readonly Layer[] = ['tcp', 'application'];
const keepaliveLayers: readonly Layer[] = ['path', 'tcp'];

/** Outcomes as drawn, of any kind and in any order, each as dear as was foreseen. */
class DrawnOutcomes implements Prober {
  bytes = 0;
  readonly #clock: Clock;
  readonly #lots: Lots;
  /** For some time it is mostly the same that comes of attempts. */
  mood = 0;

  constructor(clock: Clock, lots: Lots) {
    this.#clock = clock;
    this.#lots = lots;
  }

  async run({ assignment, probeKind, limitMs }: Attempt): Promise<AttemptResult> {
    const lots = this.#lots;
    const answered = lots.below(100) < this.mood;
    const silent = !answered && lots.below(2) === 0;
    const latencyMs = silent ? limitMs : Math.min(limitMs, 1 + lots.below(1_000));
    await new Promise<void>((resolve) => {
      this.#clock.setTimer(latencyMs, resolve);
    });
    const bytes = bytesOf(assignment.target.kind, probeKind, this.keepaliveMeans());
    this.bytes += bytes;
    const layer: Layer =
      probeKind === 'size'
        ? 'size'
        : probeKind === 'full'
          ? lots.of(fullLayers, 'application')
          : lots.of(keepaliveLayers, 'path');
    if (answered) return { kind: 'answered', latencyMs, layer, bytes };
    const failure = silent ? 'timeout' : lots.of(failures, 'timeout');
    return { kind: 'failed', failure, detail: 'as drawn', silent, layer, bytes };
  }

  keepaliveMeans(): KeepaliveMeans {
    return { kind: 'tcp', bytes: 220 };
  }

  forget(): void {
    // It knows nothing.
  }
}

/** Reads counters of apps whose packets are answered, or not, as drawn. */
function drawTraffic(bench: Bench, lots: Lots, count: TrafficCount): TrafficCount {
  const next = {
    upPackets: count.upPackets + lots.below(3),
    downPackets: count.downPackets + lots.below(2),
    tcpOpens: count.tcpOpens + lots.below(2),
    tcpUpPackets: count.tcpUpPackets + lots.below(2),
    tcpDownPackets: count.tcpDownPackets + lots.below(2),
    tcpDownBytes: count.tcpDownBytes + lots.below(2) * 1_000,
  };
  bench.tester.onTraffic('eth0', observeTraffic(bench.tester.trafficOf('eth0'), next, bench.clock.monotonicMs()));
  return next;
}

describe('no state spends without bound', () => {
  /** Faults that follow each other as drawn: each for a minute to an hour. */
  const states: readonly Partial<SimulatedPath>[] = [
    { state: 'alive' },
    { state: 'dead' },
    { state: 'unreachable' },
    { state: 'tcp-dead' },
    { state: 'accelerator' },
    { state: 'portal' },
    { state: 'reset' },
    { state: 'alive', lossShare: 0.3 },
    { state: 'alive', lossShare: 0.6 },
    { state: 'alive', echoes: 'none' },
    { state: 'alive', echoesPerSecond: 1 },
    { state: 'alive', largeLost: true },
    { state: 'alive', lossShare: 0.3, echoes: 'none' },
  ];
  const well: Partial<SimulatedPath> = {
    ...{ state: 'alive', lossShare: 0, echoes: 'all', echoesPerSecond: Infinity, largeLost: false },
  };
  const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);

  it.each(seeds)(`whatever becomes of a path in ${DAYS} days (seed %i)`, async (seed) => {
    const lots = new Lots(seed);
    const bench = new Bench({ priority: lots.below(2), monthlyBytes: MONTHLY_BYTES, path: { latencyMs: 60 } });
    while (bench.clock.monotonicMs() < DAYS * DAY_MS) {
      Object.assign(bench.network.path('eth0'), well, lots.of(states, well));
      bench.assign({ role: lots.of(roles, { kind: 'standby' }) });
      await bench.run(60_000 + lots.below(HOUR_MS));
      const bytes = bench.network.counts.bytes.get('eth0') ?? 0;
      expect(bytes).toBeLessThan(mostBytes(bench.clock.monotonicMs()));
    }
  });

  it.each(seeds)(`whatever comes of attempts in ${DAYS} days (seed %i)`, async (seed) => {
    const lots = new Lots(seed);
    let drawn: DrawnOutcomes | undefined;
    const bench = new Bench({
      ...{ priority: lots.below(2), monthlyBytes: MONTHLY_BYTES },
      prober: (clock) => (drawn = new DrawnOutcomes(clock, lots)),
    });
    let count = { upPackets: 0, downPackets: 0, tcpOpens: 0, tcpUpPackets: 0, tcpDownPackets: 0, tcpDownBytes: 0 };
    const beganMs = bench.clock.monotonicMs();
    while (bench.clock.monotonicMs() < DAYS * DAY_MS) {
      if (drawn !== undefined) drawn.mood = lots.of([0, 10, 50, 90, 100], 50);
      bench.assign({ role: lots.of(roles, { kind: 'standby' }) });
      // A new address voids what is known, and all is asked anew.
      if (lots.below(4) === 0) bench.assign({ validSinceMs: bench.clock.monotonicMs() });
      for (let reading = lots.below(30); reading > 0; reading -= 1) {
        count = drawTraffic(bench, lots, count);
        await bench.run(lots.of([100, 1_000, 60_000], 100));
      }
      await bench.run(lots.below(HOUR_MS));
      expect(drawn?.bytes ?? 0).toBeLessThan(mostBytes(bench.clock.monotonicMs() - beganMs));
    }
    // An empty run shows nothing.
    expect(drawn?.bytes ?? 0).toBeGreaterThan(MONTHLY_BYTES / 10);
  });
});
