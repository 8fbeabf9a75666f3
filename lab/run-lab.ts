import { spawn } from 'node:child_process';

import { openShip, runTour } from './demo/demo.js';
import { openScreen } from './demo/screen.js';
import { isHostName, ownerLives, readLabRecord, type LabRecord } from './lab-record.js';
import { removeLab } from './removal.js';
import { drawTopology, hostNames } from './topology.js';
import { waitUntil } from '../lib/clock/index.js';

export interface LabRunOptions {
  /** Of the names of the lab's network namespaces. */
  readonly prefix: string;
  /** The three services as processes of their own. */
  readonly separate: boolean;
  /** Stay up after the tour, until Ctrl-C. */
  readonly keep: boolean;
}

/** Time for a lab that is told to end. */
const END_MS = 15_000;

function labOptions({ prefix, separate }: LabRunOptions) {
  const name = prefix.replace(/-$/, '');
  return { prefix, runDir: `/run/${name}-lab`, stateDir: `/var/tmp/${name}-lab`, separate };
}

/** The guided tour. Answers the exit code: 0 where all went where it should. */
export async function tour(options: LabRunOptions): Promise<number> {
  const screen = openScreen(process.stdout);
  const lab = await openShip(labOptions(options), screen);
  try {
    const good = await runTour(lab, screen);
    if (options.keep) {
      screen.say('', 'The lab stays up. Ctrl-C ends it.');
      await forever();
    }
    return good ? 0 : 1;
  } finally {
    screen.close();
    await lab.destroy();
  }
}

/** Brings the lab up and stays until Ctrl-C. */
export async function stayUp(options: LabRunOptions): Promise<void> {
  const screen = openScreen(process.stdout);
  const lab = await openShip(labOptions(options), screen);
  screen.say('', `Try:  eve-uplink --run-dir ${lab.runDir} status`);
  screen.say('      eve-uplink lab exec app1 -- ip route', '', 'Ctrl-C ends it.');
  await forever();
}

/** The lab's own signal handler ends the process. */
function forever(): Promise<never> {
  return new Promise(() => {
    setInterval(() => undefined, 2 ** 30);
  });
}

/** Takes a lab down that runs elsewhere, or cleans up after one that crashed. */
export async function takeDown(prefix: string): Promise<void> {
  const record = await readLabRecord(prefix);
  if (record !== undefined && (await ownerLives(record))) {
    process.kill(record.ownerPid, 'SIGTERM');
    await waitUntil(async () => !(await ownerLives(record)), { timeoutMs: END_MS, everyMs: 50 });
  }
  await removeLab(drawTopology({ prefix }), record);
}

/** Runs a command in a host of the lab that is up; answers its exit code. */
export async function execute(prefix: string, host: string, argv: readonly string[]): Promise<number> {
  if (!isHostName(host)) throw new Error(`there is no host ${host} in the lab; there are ${hostNames.join(', ')}`);
  const record = await runningLab(prefix);
  const child = spawn('ip', ['netns', 'exec', record.namespaces[host], ...argv], { stdio: 'inherit' });
  // Ctrl-C reaches the child by itself; we wait for what it makes of it.
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve(code ?? (signal === null ? 1 : 128));
    });
  });
}

async function runningLab(prefix: string): Promise<LabRecord> {
  const record = await readLabRecord(prefix);
  if (record === undefined || !(await ownerLives(record))) {
    throw new Error('no lab is running; start one with: eve-uplink lab up');
  }
  return record;
}
