import { setTimeout as sleep } from 'node:timers/promises';

import type { PortName } from '../../../lab/index.js';
import type { DetectionCase, Measuring } from './case.js';
import { MEASURED } from './configurations.js';
import type { DetectionRig } from './rig.js';

/** No failure should take so long to be found: whoever reads the figures will want to know what happened. */
const REMARKABLE_MS = 12_000;

/**
 * Runs a case so many times: seconds of outage (or until traffic was moved, where none is sent), or the number of
 * moves.
 */
export async function runCase(rig: DetectionRig, detection: DetectionCase, runs: number): Promise<readonly number[]> {
  const { measurement, configuration, sending, fetching } = detection;
  await rig.configure(configuration(rig.lab), measurement.kind === 'leaves' ? measurement.from : measurement.on);
  if (sending) await rig.send();
  if (fetching !== undefined) rig.fetch(fetching.bytes);
  const values: number[] = [];
  try {
    for (let run = 0; run < runs; run += 1) values.push(await runOnce(rig, measurement, sending, run));
  } finally {
    await rig.stopFetching();
    await rig.fallSilent();
    await rig.mendAll();
  }
  return values;
}

function runOnce(rig: DetectionRig, measurement: Measuring, sending: boolean, run: number): Promise<number> {
  switch (measurement.kind) {
    case 'leaves':
      return leave(rig, measurement, sending, run);
    case 'stays':
      return stay(rig, measurement);
  }
}

/** Seconds. */
async function leave(
  rig: DetectionRig,
  { from, to, returns, fault, within }: Extract<Measuring, { kind: 'leaves' }>,
  sending: boolean,
  run: number,
): Promise<number> {
  // Between equals nobody goes back: every other run goes the other way.
  const [used, next]: readonly [PortName, PortName] = returns || run % 2 === 0 ? [from, to] : [to, from];
  await rig.randomPause(within);
  const { beforeMs } = await fault(rig.lab, used);
  const movedMs = await rig.watch.applied(MEASURED, next);
  if (sending) await rig.answeredAgain();
  const tookMs = sending ? await rig.outageSince(beforeMs) : movedMs - beforeMs;
  if (tookMs > REMARKABLE_MS) {
    console.error(`run ${run}: ${tookMs.toFixed(0)} ms, traffic moved after ${(movedMs - beforeMs).toFixed(0)} ms`);
    console.error((await rig.account()).join('\n'));
  }
  await rig.mendAll();
  if (returns) await rig.watch.applied(MEASURED, used);
  await rig.settled();
  return tookMs / 1_000;
}

/** Moves. */
async function stay(
  rig: DetectionRig,
  { on, provoke, undo, watchedMs }: Extract<Measuring, { kind: 'stays' }>,
): Promise<number> {
  await provoke(rig);
  const before = await rig.switches();
  await sleep(watchedMs);
  const moves = (await rig.switches()) - before;
  await undo(rig);
  await rig.watch.applied(MEASURED, on);
  await rig.settled();
  return moves;
}
