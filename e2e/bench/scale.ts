import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import { run } from 'iproute-exec';

import { internetAddresses, portNames, waitUntil, type Lab } from '../lab/index.js';
import { createBenchLab, QuickCable } from './bench-lab.js';
import { distributionTable, median, type Measurement } from './distribution.js';
import { processorMs, residentMiB } from './process-figures.js';
import { scaledConfiguration } from './scaled-configuration.js';
import { SubscriberProcess } from './subscriber-process.js';

/* What many network instances, many port maps and many flows cost. Three services as processes of their own. */

const MOVES = Number(process.env.MOVES ?? 30);
const REST_MS = 20_000;
const SETTLE_MS = 300;
const FLOWS_PER_SECOND = 10_000;
const SWITCHES_UNDER_LOAD = 10;

async function main(): Promise<void> {
  const lab = await createBenchLab('scale');
  const cable = new QuickCable(lab, 'eth0');
  try {
    await lab.startServices({ separate: true, logLevel: 'warn' });
    const watch = new SubscriberProcess(lab.runDir);
    lab.beforeDestroy(() => watch.close());
    await use(lab, watch, { instances: 2, portMaps: 0 });
    await lab.app('app1').waitForAddress();
    await atRest(lab);
    await flowsUnderSwitches(lab, watch);
    const few = await moves(lab, watch, cable, { instances: 1, portMaps: 0, portMapsOfDefault: 1 });
    const many = await moves(lab, watch, cable, { instances: 1, portMaps: 0, portMapsOfDefault: 1_000 });
    const hundred = await moves(lab, watch, cable, { instances: 100, portMaps: 10 });
    const rows: readonly Measurement[] = [
      { what: 'move of one instance, 1 more port map', unit: 'ms', values: few },
      { what: 'move of one instance, 1,000 more port maps', unit: 'ms', values: many, goal: 'the same' },
      {
        what: 'pull until all of 100 instances with 10 port maps each are applied',
        unit: 'ms',
        values: hundred,
        goal: 'median 30',
      },
    ];
    console.log(distributionTable(rows));
    console.log(`1,000 port maps against 1, medians: ${(median(many) / median(few)).toFixed(2)}\n`);
    await throughput(lab, watch);
  } finally {
    await cable.close();
    await lab.destroy();
  }
}

type Scale = Parameters<typeof scaledConfiguration>[1];

async function use(lab: Lab, watch: SubscriberProcess, scale: Scale): Promise<readonly string[]> {
  const config = scaledConfiguration(lab, scale);
  await lab.pushConfig(config);
  const names = config.networkInstances.map(({ displayname }) => displayname);
  await Promise.all(names.map((name) => watch.applied(name, 'eth0')));
  return names;
}

/** From the pull to the last network instance's status at a subscriber. */
async function moves(lab: Lab, watch: SubscriberProcess, cable: QuickCable, scale: Scale): Promise<readonly number[]> {
  const names = await use(lab, watch, scale);
  await sleep(SETTLE_MS * 10);
  const values: number[] = [];
  for (let move = 0; move < MOVES; move += 1) {
    const { beforeMs } = await cable.pull();
    const appliedMs = await Promise.all(names.map((name) => watch.applied(name, 'wwan0')));
    values.push(Math.max(...appliedMs) - beforeMs);
    await sleep(SETTLE_MS);
    await cable.plug();
    await Promise.all(names.map((name) => watch.applied(name, 'eth0')));
    await sleep(SETTLE_MS);
  }
  return values;
}

async function atRest(lab: Lab): Promise<void> {
  await sleep(SETTLE_MS * 10);
  const pids = lab.services.processes.flatMap(({ pid }) => pid ?? []);
  const before = await Promise.all(pids.map(processorMs));
  await sleep(REST_MS);
  const after = await Promise.all(pids.map(processorMs));
  const usedMs = after.reduce((sum, used, index) => sum + used - (before[index] ?? 0), 0);
  const resident = await Promise.all(pids.map(residentMiB));
  console.log(
    `at rest, three processes together: ${((usedMs / REST_MS) * 100).toFixed(2)} % of a core over ${REST_MS / 1000} s (goal: under 1 %)`,
  );
  console.log(
    `resident memory of zedagent, NIM, zedrouter: ${resident.map((size) => size.toFixed(0)).join(', ')} MiB\n`,
  );
}

/** Planned switches while an app begins 10,000 flows a second: what leaves with a wrong source? */
async function flowsUnderSwitches(lab: Lab, watch: SubscriberProcess): Promise<void> {
  const foreign = async (): Promise<number> => {
    const counters = await Promise.all(portNames.map((port) => lab.isp(port).counters()));
    return counters.reduce((sum, counted) => sum + counted.foreign.packets, 0);
  };
  const before = await foreign();
  const program = `
    const socket = require('node:dgram').createSocket('udp4');
    let sent = 0; const begun = Date.now();
    process.on('SIGTERM', () => { console.log(sent / (Date.now() - begun) * 1000); process.exit(); });
    (function burst() {
      const due = (Date.now() - begun) / 1000 * ${FLOWS_PER_SECOND};
      for (; sent < due; sent += 1) socket.send('x', 1024 + sent % 60000, '${internetAddresses.web}');
      setTimeout(burst, 1);
    })();`;
  const sender = spawn('ip', ['netns', 'exec', lab.namespace('app1'), process.execPath, '-e', program]);
  let rate = '';
  sender.stdout.on('data', (chunk: Buffer) => (rate += chunk.toString()));
  const base = lab.configuration({ failbackHoldSeconds: 0, allowedPriorities: { default: [0] } });
  const other = lab.configuration({ failbackHoldSeconds: 0, allowedPriorities: { default: [1] } });
  for (let round = 0; round < SWITCHES_UNDER_LOAD; round += 1) {
    await lab.pushConfig(round % 2 === 0 ? other : base);
    await watch.applied('default', round % 2 === 0 ? 'wwan0' : 'eth0');
    await sleep(SETTLE_MS);
  }
  const ended = new Promise((resolve) => sender.on('close', resolve));
  sender.kill('SIGTERM');
  await ended;
  console.log(
    `${SWITCHES_UNDER_LOAD} planned switches at ${Math.round(Number(rate))} new flows a second: ${(await foreign()) - before} packets with a wrong source (goal: 0)\n`,
  );
}

/** TCP through one network instance, alone and among 500. */
async function throughput(lab: Lab, watch: SubscriberProcess): Promise<void> {
  if ((await run('sh', ['-c', 'command -v iperf3'], { allowFailure: true })).exitCode !== 0) {
    console.log('throughput: not measured, iperf3 is missing (apt-get install iperf3)');
    return;
  }
  const server = spawn('ip', ['netns', 'exec', lab.namespace('internet'), 'iperf3', '-s', '-B', internetAddresses.web]);
  const measure = async (): Promise<number> => {
    const { stdout } = await lab.exec('app1', ['iperf3', '-c', internetAddresses.web, '-t', '3', '-J'], 20_000);
    return (
      (JSON.parse(stdout) as { end: { sum_received: { bits_per_second: number } } }).end.sum_received.bits_per_second /
      1e9
    );
  };
  try {
    await waitUntil(async () => (await lab.exec('internet', ['ss', '-Hltn'])).stdout.includes(':5201'), {
      timeoutMs: 5_000,
    });
    const rates: Record<number, number[]> = { 1: [], 500: [] };
    for (const instances of [1, 500, 1, 500]) {
      await use(lab, watch, { instances, portMaps: 1 });
      await sleep(SETTLE_MS * 10);
      for (let round = 0; round < 3; round += 1) rates[instances]?.push(await measure());
    }
    const [alone, among] = [median(rates[1] ?? []), median(rates[500] ?? [])];
    console.log(
      `throughput of one instance alone: ${alone.toFixed(2)} Gbit/s, among 500: ${among.toFixed(2)} Gbit/s, ratio ${(among / alone).toFixed(2)} (goal: at least 0.85)`,
    );
  } finally {
    server.kill('SIGTERM');
  }
}

await main();
