import { cases } from './detection/cases.js';
import { measureHanging, type Promptness } from './detection/hanging-probes.js';
import type { DetectionRig } from './detection/rig.js';
import { inLabs, type LabWork } from './detection/lab-pool.js';
import { movesUnderFlapping, movesUnderLoss } from './detection/loss-and-flaps.js';
import { idleMonthBytes, measureIdleBytes, type ProbeBytes } from './detection/probe-bytes.js';
import { bytesTable, caseTable, peersTable, promptnessTable } from './detection/report.js';
import { runCase } from './detection/run-case.js';

/*
 * Failures of the far end, at default settings but for the failback hold, which is 0 between runs. Outages are what an
 * app's own UDP stream sees; where it sends nothing, from the fault until zedrouter has moved the network instance.
 */

const RUNS = Number(process.env.RUNS ?? 30);
/** Labs side by side. */
const LABS = Number(process.env.LABS ?? 4);
const LOSS_MINUTES = Number(process.env.LOSS_MINUTES ?? 5);
const FLAP_MINUTES = Number(process.env.FLAP_MINUTES ?? 10);
const IDLE_MINUTES = Number(process.env.IDLE_MINUTES ?? 5);
/** Only parts with these words in their name. */
const ONLY = process.env.ONLY;

interface Part {
  readonly what: string;
  readonly work: LabWork;
}

const results: (readonly number[])[] = [];
const measured: { bytes: readonly ProbeBytes[]; promptness: readonly Promptness[]; loss: number; flaps: number } = {
  ...{ bytes: [], promptness: [], loss: Number.NaN, flaps: Number.NaN },
};
const MINUTE_MS = 60_000;

/** What takes longest comes first. */
const parts: readonly Part[] = [
  {
    what: 'flapping',
    work: async (rig) => {
      measured.flaps = await movesUnderFlapping(rig, FLAP_MINUTES * MINUTE_MS);
    },
  },
  {
    what: 'loss',
    work: async (rig) => {
      measured.loss = await movesUnderLoss(rig, LOSS_MINUTES * MINUTE_MS);
    },
  },
  {
    what: 'bytes',
    work: async (rig) => {
      measured.bytes = await measureIdleBytes(rig, IDLE_MINUTES * MINUTE_MS);
    },
  },
  ...cases.map((each, index) => ({
    what: each.what,
    work: async (rig: DetectionRig) => {
      results[index] = await runCase(rig, each, RUNS);
    },
  })),
];

/** About milliseconds, so by itself. */
const lastPart: Part = {
  what: 'hanging tests',
  work: async (rig) => {
    measured.promptness = await measureHanging(rig);
  },
};

function chosen(...from: readonly Part[]): readonly LabWork[] {
  return from
    .filter(({ what }) => ONLY === undefined || what.includes(ONLY))
    .map(({ what, work }) => async (rig) => {
      await work(rig);
      console.error(`done: ${what}`);
    });
}

/** Networks in which tests could be noisy. */
const hostile = [
  ['ping is not answered', { echoes: 'none' }],
  ['ping is answered with data alone', { echoes: 'filled' }],
  ['behind a portal', { state: 'portal' }],
  ['every port dead', { state: 'dead' }],
  ['every port rejected', { state: 'unreachable' }],
] as const;

async function report(month: ReadonlyMap<string, number>): Promise<void> {
  const measuredCases = cases.flatMap((each, index) => {
    const values = results[index];
    return values === undefined ? [] : [[each, values] as const];
  });
  if (measuredCases.length > 0) console.log(`${caseTable(measuredCases)}\n${peersTable()}`);
  if (!Number.isNaN(measured.loss)) {
    console.log(
      `\nmoves in ${LOSS_MINUTES} min, every line losing 20 % each way, app sending: ${measured.loss} (goal 0)`,
    );
    console.log(
      '600 ms of delay, and half an hour of loss: in virtual time, npx jest services/nim/probing/remote-tests',
    );
  }
  if (!Number.isNaN(measured.flaps)) {
    console.log(
      `moves in ${FLAP_MINUTES} min of flapping every 20 s, default hold: ${measured.flaps} (goal 3 at most)`,
    );
  }
  if (measured.bytes.length > 0) {
    console.log(`\nBytes of tests, both directions, from the IP header on:\n${bytesTable(measured.bytes, month)}`);
    for (const [what, path] of hostile) {
      const bytes = await idleMonthBytes(path);
      const all = [...bytes].map(([port, each]) => `${port} ${(each / 1e6).toFixed(1)} MB`).join(', ');
      console.log(`30 idle days, virtual, ${what}: ${all} (goal: budget and a quarter for doubts)`);
    }
    console.log(
      'For two hours after traffic a free port is tested every 4 s, then every 15 s: the short run overstates a month.',
    );
  }
  if (measured.promptness.length > 0) console.log(`\nWhile tests hang:\n${promptnessTable(measured.promptness)}`);
}

console.error(`${RUNS} runs a case, in ${LABS} labs side by side; this takes a while`);
const good = [await inLabs(chosen(...parts), LABS), await inLabs(chosen(lastPart), 1)];
await report(measured.bytes.length > 0 ? await idleMonthBytes() : new Map());
if (good.includes(false)) {
  console.error('Not everything could be measured: see above');
  process.exitCode = 1;
}
