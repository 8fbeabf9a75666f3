import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  NetworkInterfaceManagerServiceClient,
  type WatchNetworkInstanceTestStatusResponse,
} from '../../gen/nim/v1/network_interface_manager.js';
import { monotonicMs, type Lab } from '../../lab/index.js';
import { connectTo } from '../../lib/rpc/index.js';
import { createBenchLab } from './bench-lab.js';
import { distributionTable, type Measurement } from './distribution.js';
import { residentMiB } from './process-figures.js';

/*
 * What `serve all` takes to start on a ship that is configured, and what it keeps resident: from the start of the
 * process to the first NITS with a port at a subscriber. Beside it, Node alone.
 */

const STARTS = Number(process.env.STARTS ?? 15);
/** After the last start, before memory is read: garbage of the start has been collected by then. */
const REST_MS = Number(process.env.REST_SECONDS ?? 60) * 1000;
/** Between two attempts at a socket that nobody listens on yet. */
const ATTEMPT_EVERY_MS = 5;
const NETWORK_INSTANCE = 'default';

async function main(): Promise<void> {
  const lab = await createBenchLab('start');
  try {
    await lab.startServices({ logLevel: 'warn', controller: true });
    await lab.pushConfig(lab.configuration());
    await lab.app('app1').waitForAddress();
    const first: number[] = [];
    const node: number[] = [];
    for (let start = 0; start < STARTS; start += 1) {
      first.push(await startToFirstSelection(lab));
      node.push(bareNodeMs());
    }
    const rows: readonly Measurement[] = [
      { what: 'start of serve all to the first NITS at a subscriber', unit: 'ms', values: first, goal: 'median 600' },
      { what: 'start and end of Node alone', unit: 'ms', values: node },
    ];
    console.log(distributionTable(rows));
    await sleep(REST_MS);
    const [resident] = await Promise.all(lab.services.processes.flatMap(({ pid }) => pid ?? []).map(residentMiB));
    if (resident === undefined) throw new Error('serve all does not run');
    console.log(`serve all at rest for ${REST_MS / 1000} s: ${resident.toFixed(0)} MiB resident (goal: at most 85)`);
  } finally {
    await lab.destroy();
  }
}

async function startToFirstSelection(lab: Lab): Promise<number> {
  await lab.services.stop();
  const begunMs = monotonicMs();
  const [heardMs] = await Promise.all([firstSelection(lab.runDir), lab.services.start()]);
  return heardMs - begunMs;
}

/** When a subscriber hears of the first port that the network instance is to use. */
async function firstSelection(runDir: string): Promise<number> {
  for (;;) {
    const client = connectTo(NetworkInterfaceManagerServiceClient, `unix:${runDir}/nim.sock`);
    try {
      return await new Promise<number>((resolve, reject) => {
        const stream = client.watchNetworkInstanceTestStatus({ epoch: '', afterRevision: 0n });
        stream.on('error', reject);
        stream.on('data', ({ statuses }: WatchNetworkInstanceTestStatusResponse) => {
          const one = statuses.find(({ displayName }) => displayName === NETWORK_INSTANCE);
          if (one?.selectedPort !== undefined) resolve(monotonicMs());
        });
      });
    } catch {
      // It does not listen yet.
      await sleep(ATTEMPT_EVERY_MS);
    } finally {
      client.close();
    }
  }
}

function bareNodeMs(): number {
  const begunMs = monotonicMs();
  spawnSync(process.execPath, ['-e', '0']);
  return monotonicMs() - begunMs;
}

await main();
