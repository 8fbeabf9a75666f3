import { setTimeout as sleep } from 'node:timers/promises';

import { portNames } from '../../../lab/index.js';
import { ship } from './configurations.js';
import type { DetectionRig } from './rig.js';

/** Of the packets, in each direction: of round trips it is 36 %. */
const LOSS_SHARE = 0.2;

const FLAP_EVERY_MS = 20_000;

/** Moves while every line loses packets and the app is sending. */
export async function movesUnderLoss(rig: DetectionRig, durationMs: number): Promise<number> {
  await rig.configure(ship(rig.lab), 'eth0');
  await rig.send();
  const before = await rig.switches();
  for (const port of portNames) await rig.lab.lose(port, LOSS_SHARE);
  await sleep(durationMs);
  const moves = (await rig.switches()) - before;
  await rig.mendAll();
  await rig.fallSilent();
  await rig.settled();
  return moves;
}

/** Moves while the internet behind eth0 dies and comes back every 20 s, with the default failback hold. */
export async function movesUnderFlapping(rig: DetectionRig, durationMs: number): Promise<number> {
  await rig.configure(rig.lab.configuration(), 'eth0');
  await rig.send();
  const before = await rig.switches();
  for (let spentMs = 0; spentMs < durationMs; spentMs += 2 * FLAP_EVERY_MS) {
    await rig.lab.killInternetBehind('eth0');
    await sleep(FLAP_EVERY_MS);
    await rig.lab.restoreInternetBehind('eth0');
    await sleep(FLAP_EVERY_MS);
  }
  const moves = (await rig.switches()) - before;
  await rig.fallSilent();
  return moves;
}
