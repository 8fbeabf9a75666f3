import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import { internetAddresses, portNames, type Lab } from '../../lab/index.js';
import { createBenchLab, QuickCable } from './bench-lab.js';
import { distributionTable, median, type Measurement } from './distribution.js';
import { processorMs, residentMiB } from './process-figures.js';
import { scaledConfiguration } from './scaled-configuration.js';
import { withThroughput } from './iperf.js';
import { SubscriberProcess } from './subscriber-process.js';

/*
 * What many network instances, many port maps and many flows cost. Three services as processes of their own. All of it,
 * or the parts that are named: npm run bench:scale -- throughput
 */

const parts = ['rest', 'flows', 'moves', 'throughput'] as const;
type Part = (typeof parts)[number];

const MOVES = Number(process.env.MOVES ?? 30);
const REST_MS = 60_000;
/** The kernel is read back within 0.5 s of a switch; none falls into the next one. */
const SETTLE_MS = 1_000;
const FLOWS_PER_SECOND = 10_000;
const SWITCHES_UNDER_LOAD = 10;

/** The parts that the command line names; all of them where it names none. Throws where it names another. */
function chosenParts(names: readonly string[]): ReadonlySet<Part> {
  const unknown = names.filter((name) => !parts.some((part) => part === name));
  if (unknown.length > 0) throw new Error(`there is no part ${unknown.join(', ')}; there are ${parts.join(', ')}`);
  return new Set(names.length === 0 ? parts : parts.filter((part) => names.includes(part)));
}

async function main(): Promise<void> {
  const chosen = chosenParts(process.argv.slice(2));
  if (chosen.has('rest')) await atRest();
  if (chosen.size > (chosen.has('rest') ? 1 : 0)) await underLoad(chosen);
}

async function underLoad(chosen: ReadonlySet<Part>): Promise<void> {
  const lab = await createBenchLab('scale');
  const cable = new QuickCable(lab, 'eth0');
  try {
    await lab.startServices({ separate: true, logLevel: 'warn' });
    const watch = new SubscriberProcess(lab.runDir);
    lab.beforeDestroy(() => watch.close());
    await use(lab, watch, { instances: 2, portMaps: 0 });
    await lab.app('app1').waitForAddress();
    // app1 has its place for good; whoever watches over that would look at hundreds of links in each moment that is
    // measured.
    await lab.stopPlugging();
    if (chosen.has('flows')) await flowsUnderSwitches(lab, watch);
    if (chosen.has('moves')) await allMoves(lab, watch, cable);
    if (chosen.has('throughput')) await throughput(lab, watch);
  } finally {
    await lab.destroy();
  }
}

async function allMoves(lab: Lab, watch: SubscriberProcess, cable: QuickCable): Promise<void> {
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
  await sleep(SETTLE_MS * 3);
  const values: number[] = [];
  for (let move = 0; move < MOVES; move += 1) {
    const { beforeMs } = cable.pull();
    const appliedMs = await Promise.all(names.map((name) => watch.applied(name, 'wwan0')));
    values.push(Math.max(...appliedMs) - beforeMs);
    await sleep(SETTLE_MS);
    cable.plug();
    await Promise.all(names.map((name) => watch.applied(name, 'eth0')));
    await sleep(SETTLE_MS);
  }
  return values;
}

/**
 * The ship with two network instances, its ports tested by the controller's ping: the first minute, and the next one.
 */
async function atRest(): Promise<void> {
  const lab = await createBenchLab('rest');
  try {
    await lab.startServices({ separate: true, logLevel: 'warn', controller: true });
    await lab.pushConfig(lab.configuration());
    await lab.app('app1').waitForAddress();
    const pids = lab.services.processes.flatMap(({ pid }) => pid ?? []);
    const begun = await Promise.all(pids.map(processorMs));
    await sleep(REST_MS);
    const settled = await Promise.all(pids.map(processorMs));
    await sleep(REST_MS);
    const after = await Promise.all(pids.map(processorMs));
    const percent = (from: readonly number[], to: readonly number[]): string => {
      const usedMs = to.reduce((sum, used, index) => sum + used - (from[index] ?? 0), 0);
      return ((usedMs / REST_MS) * 100).toFixed(2);
    };
    const seconds = REST_MS / 1000;
    console.log(
      `at rest, three processes together, ports tested: ${percent(settled, after)} % of a core over ${seconds} s (goal: under 1 %); ` +
        `${percent(begun, settled)} % in the first ${seconds} s after the configuration`,
    );
    const resident = await Promise.all(pids.map(residentMiB));
    console.log(
      `resident memory of zedagent, NIM, zedrouter: ${resident.map((size) => size.toFixed(0)).join(', ')} MiB\n`,
    );
  } finally {
    await lab.destroy();
  }
}

/**
 * Planned switches while an app begins 10,000 flows a second, each from a port of its own to a port of its own: what
 * leaves with a wrong source?
 */
async function flowsUnderSwitches(lab: Lab, watch: SubscriberProcess): Promise<void> {
  const counted = async () => {
    const counters = await Promise.all(portNames.map((port) => lab.isp(port).counters()));
    const sum = (of: (each: (typeof counters)[number]) => number): number =>
      counters.reduce((all, each) => all + of(each), 0);
    return {
      foreign: sum(({ foreign }) => foreign.packets),
      arrived: sum(({ destinations }) => destinations.get(internetAddresses.web)?.packets ?? 0),
    };
  };
  const before = await counted();
  const sender = startFlows(lab);
  const base = lab.configuration({ failbackHoldSeconds: 0, allowedPriorities: { default: [0] } });
  const other = lab.configuration({ failbackHoldSeconds: 0, allowedPriorities: { default: [1] } });
  for (let round = 0; round < SWITCHES_UNDER_LOAD; round += 1) {
    await lab.pushConfig(round % 2 === 0 ? other : base);
    await watch.applied('default', round % 2 === 0 ? 'wwan0' : 'eth0');
    await sleep(SETTLE_MS);
  }
  const { flows, seconds } = await sender.end();
  await sleep(SETTLE_MS);
  const after = await counted();
  const perSecond = Math.round(flows / seconds);
  const arrived = after.arrived - before.arrived;
  console.log(
    `${SWITCHES_UNDER_LOAD} planned switches at ${perSecond} new flows a second: ${after.foreign - before.foreign} packets with a wrong ` +
      `source (goal: 0); of ${flows} first packets ${arrived} passed the ISPs\n`,
  );
  if (after.foreign > before.foreign) process.exitCode = 1;
}

/** An app that begins flows, as many as are due. */
function startFlows(lab: Lab): { end(): Promise<{ readonly flows: number; readonly seconds: number }> } {
  const program = `
    const socket = require('node:dgram').createSocket('udp4');
    let sent = 0; const begun = performance.now();
    process.on('SIGTERM', () => {
      console.log(JSON.stringify({ flows: sent, seconds: (performance.now() - begun) / 1000 }));
      process.exit();
    });
    (function burst() {
      const due = (performance.now() - begun) / 1000 * ${FLOWS_PER_SECOND};
      for (; sent < due; sent += 1) socket.send('x', 1024 + sent % 60000, '${internetAddresses.web}');
      setTimeout(burst, 1);
    })();`;
  const child = spawn('ip', ['netns', 'exec', lab.namespace('app1'), process.execPath, '-e', program]);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise((resolve) => child.on('close', resolve));
  return {
    end: async () => {
      child.kill('SIGTERM');
      await ended;
      return JSON.parse(said) as { flows: number; seconds: number };
    },
  };
}

/**
 * TCP through one network instance, alone and among 500, in turns: what else the machine does meanwhile falls on both.
 */
async function throughput(lab: Lab, watch: SubscriberProcess): Promise<void> {
  await withThroughput(lab, async (gigabitsPerSecond) => {
    const [alone, among]: [number[], number[]] = [[], []];
    for (const [instances, rates] of [1, 2, 3].flatMap(() => [[1, alone] as const, [500, among] as const])) {
      await use(lab, watch, { instances, portMaps: 1 });
      // Name services of 500 network instances have their start-up to get over.
      await sleep(SETTLE_MS * (instances > 100 ? 15 : 3));
      for (let round = 0; round < 3; round += 1) rates.push(await gigabitsPerSecond());
    }
    const rows: readonly Measurement[] = [
      { what: 'TCP through one network instance, alone', unit: 'Gbit/s', values: alone },
      { what: 'the same, among 500', unit: 'Gbit/s', values: among },
    ];
    console.log(distributionTable(rows));
    console.log(
      `throughput among 500 against alone, medians: ${(median(among) / median(alone)).toFixed(2)} (goal: at least 0.85)`,
    );
  });
}

await main();
