import { setTimeout as sleep } from 'node:timers/promises';

import { run } from 'iproute-exec';

import {
  commandFile,
  internetAddresses,
  monotonicMs,
  portMaps,
  portNames,
  servicePorts,
  type Lab,
  type UdpStreamReport,
} from '../../lab/index.js';
import { IPRoute } from '../../gen/config/netinst.js';
import { setUpBareChain } from './bare-chain.js';
import { createBenchLab, QuickCable, setInstrumentsApart } from './bench-lab.js';
import { distributionTable, median, type Measurement } from './distribution.js';
import { SubscriberProcess } from './subscriber-process.js';

/*
 * Cable pulls, measured from outside: an app's UDP stream, a subscriber of NITS, datagrams from the internet to a port
 * map. The three services run as processes of their own; the bare kernel chain runs in the same lab afterwards. Two
 * series of pulls: the outage is seen through a dense stream, which takes a good part of a small machine's processors;
 * what subscribers and port maps see is measured beside a lighter one.
 */

const PULLS = Number(process.env.PULLS ?? 100);
const DENSE_STREAM_INTERVAL_MS = 0.2;
const LIGHT_STREAM_INTERVAL_MS = 1;
const INBOUND_INTERVAL_MS = 1;
/** How long traffic is watched after a change; longer than any answer takes. */
const SETTLE_MS = 150;
/**
 * A port whose cable has just come back may lose its first question for the gateway's address, and asks again after a
 * second. Who pulls sooner pulls a cable that nothing goes through yet.
 */
const SETTLE_AFTER_PLUG_MS = 1_500;
/** Of the stream before the pull, to see that it went through the cable. */
const BEFORE_PULL_MS = 50;
/** The network instance measured may use eth0 and wwan0; the satellite must never see its traffic. */
const NETWORK_INSTANCE = 'default';

interface Rig {
  readonly lab: Lab;
  readonly cable: QuickCable;
  readonly watch: SubscriberProcess;
}

/**
 * What the app's own traffic tells of pulls, of going back as soon as the cable is in again, and of planned switches.
 */
interface AppSamples {
  readonly outage: number[];
  readonly lost: number[];
  readonly planned: readonly number[];
  readonly plannedLost: readonly number[];
  readonly back: number[];
}

/** How soon others know, and are served. */
interface ControlSamples {
  readonly nits: number[];
  readonly portMap: number[];
}

async function main(): Promise<void> {
  const lab = await createBenchLab('failover');
  const cable = new QuickCable(lab, 'eth0');
  try {
    console.log(`${PULLS} pulls in each series; the three services are processes of their own\n`);
    await lab.startServices({ separate: true, logLevel: 'warn' });
    await pushAllowed(lab, [0, 1]);
    await lab.app('app1').waitForAddress();
    const watch = new SubscriberProcess(lab.runDir);
    lab.beforeDestroy(() => watch.close());
    const missing = await setInstrumentsApart(lab);
    if (missing !== undefined) console.log(`${missing}\n`);
    const rig = { lab, cable, watch };
    const control = await controlSeries(rig);
    const app = await appSeries(rig);
    const route = await routeSeries(lab);
    const stream = await startStream(lab, DENSE_STREAM_INTERVAL_MS);
    const unattended = await unattendedPulls(rig, stream);
    const leaks = await leakCounts(lab);
    await cleanUpServices(lab);
    await setUpBareChain(lab);
    await sleep(SETTLE_AFTER_PLUG_MS);
    const bare = await unattendedPulls(rig, stream);
    report({ app, route, control, unattended, bare, leaks });
  } catch (error) {
    console.error(
      await lab.exec('device', ['sh', '-c', `tail -n 20 ${lab.folder}/*.log`]).then(({ stdout }) => stdout),
    );
    throw error;
  } finally {
    await lab.destroy();
  }
}

async function startStream(lab: Lab, intervalMs: number): Promise<number> {
  const { stream } = await lab.app('app1').agent.call('startUdpStream', {
    address: internetAddresses.echo1,
    port: servicePorts.echo,
    intervalMs,
  });
  await sleep(SETTLE_MS);
  return stream;
}

function pushAllowed(lab: Lab, priorities: readonly number[]): Promise<bigint> {
  return lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0, allowedPriorities: { default: priorities } }));
}

/**
 * Pulls and plugs with all services running, and tells when each of the two took place. It goes back at once:
 * failback_hold is 0.
 */
async function pullAndPlug(
  { cable, watch }: Rig,
  settleAfterPlugMs: number,
  onPulled: (pulledMs: number) => Promise<void>,
  onBack: (pluggedMs: number) => Promise<void>,
): Promise<void> {
  await watch.applied(NETWORK_INSTANCE, 'eth0');
  for (let pull = 0; pull < PULLS; pull += 1) {
    const pulled = cable.pull();
    await watch.applied(NETWORK_INSTANCE, 'wwan0');
    await sleep(SETTLE_MS);
    await onPulled(pulled.beforeMs);
    const plugged = cable.plug();
    await watch.applied(NETWORK_INSTANCE, 'eth0');
    await sleep(settleAfterPlugMs);
    await onBack(plugged.beforeMs);
  }
}

async function appSeries(rig: Rig): Promise<AppSamples> {
  const samples: Pick<AppSamples, 'outage' | 'lost' | 'back'> = { outage: [], lost: [], back: [] };
  const stream = await startStream(rig.lab, DENSE_STREAM_INTERVAL_MS);
  await pullAndPlug(
    rig,
    SETTLE_AFTER_PLUG_MS,
    async (pulledMs) => {
      const seen = await readPull(rig, stream, pulledMs);
      if (seen === undefined) return;
      samples.outage.push(seen.longestOutageMs);
      samples.lost.push(seen.lost);
    },
    async (pluggedMs) => {
      samples.back.push((await readStream(rig, stream, pluggedMs)).longestOutageMs);
    },
  );
  const planned = await plannedSwitches(rig, stream);
  await rig.lab.app('app1').agent.call('stopUdpStream', { stream });
  return {
    ...samples,
    planned: planned.map(({ longestOutageMs }) => longestOutageMs),
    plannedLost: planned.map(({ lost }) => lost),
  };
}

/**
 * The app's traffic to one destination goes by a static route with a label, its default route by eth0; the cable that
 * is pulled is the route's.
 */
async function routeSeries(lab: Lab): Promise<readonly number[]> {
  const configuration = lab.configuration({ failbackHoldSeconds: 0 });
  const route = IPRoute.fromPartial({
    destinationNetwork: `${internetAddresses.echo2}/32`,
    port: 'radio',
    preferLowerCost: true,
  });
  await lab.pushConfig({
    ...configuration,
    systemAdapterList: configuration.systemAdapterList.map((adapter) =>
      adapter.name === 'eth0' ? adapter : { ...adapter, sharedLabels: ['radio'] },
    ),
    networkInstances: configuration.networkInstances.map((instance) =>
      instance.displayname === NETWORK_INSTANCE ? { ...instance, staticRoutes: [route] } : instance,
    ),
  });
  const { agent } = lab.app('app1');
  const { stream } = await agent.call('startUdpStream', {
    ...{ address: internetAddresses.echo2, port: servicePorts.echo, intervalMs: DENSE_STREAM_INTERVAL_MS },
  });
  const cable = new QuickCable(lab, 'wwan0');
  const outages: number[] = [];
  for (let pull = 0; pull < PULLS; pull += 1) {
    await sleep(SETTLE_AFTER_PLUG_MS);
    const { beforeMs } = cable.pull();
    await sleep(SETTLE_MS);
    // What was sent in the last moments may still be on its way.
    const times = { sinceMs: beforeMs - BEFORE_PULL_MS, untilMs: monotonicMs() - 20 };
    const { sources, longestOutageMs } = await agent.call('readUdpStream', { stream, ...times });
    const through = sources.find(({ firstSentMs }) => firstSentMs < beforeMs)?.address;
    if (through === lab.isp('wwan0').publicAddress) outages.push(longestOutageMs);
    else console.log(`a pull is not counted: the stream came from ${through ?? 'nowhere'} before it`);
    cable.plug();
  }
  await agent.call('stopUdpStream', { stream });
  await pushAllowed(lab, [0, 1]);
  await sleep(SETTLE_AFTER_PLUG_MS);
  return outages;
}

/** A configuration forbids the better port, and the next one allows it again. */
async function plannedSwitches(rig: Rig, stream: number): Promise<readonly UdpStreamReport[]> {
  const reports: UdpStreamReport[] = [];
  for (let change = 0; change < PULLS; change += 1) {
    const [priorities, port] = change % 2 === 0 ? ([[1], 'wwan0'] as const) : ([[0, 1], 'eth0'] as const);
    const pushedMs = monotonicMs();
    await pushAllowed(rig.lab, priorities);
    await rig.watch.applied(NETWORK_INSTANCE, port);
    await sleep(SETTLE_MS);
    reports.push(await readStream(rig, stream, pushedMs));
  }
  await pushAllowed(rig.lab, [0, 1]);
  await rig.watch.applied(NETWORK_INSTANCE, 'eth0');
  return reports;
}

async function controlSeries(rig: Rig): Promise<ControlSamples> {
  const { lab, watch } = rig;
  const samples: ControlSamples = { nits: [], portMap: [] };
  const stream = await startStream(lab, LIGHT_STREAM_INTERVAL_MS);
  const { stream: inbound } = await lab.internet.agent.call('startUdpStream', {
    address: lab.isp('wwan0').publicAddress,
    port: portMaps.app1.udpEcho,
    intervalMs: INBOUND_INTERVAL_MS,
  });
  await pullAndPlug(
    rig,
    SETTLE_MS,
    async (pulledMs) => {
      samples.nits.push((await watch.selected(NETWORK_INSTANCE, 'wwan0')) - pulledMs);
      samples.portMap.push(await firstInboundAnswer(rig, inbound, pulledMs));
    },
    () => Promise.resolve(),
  );
  await lab.app('app1').agent.call('stopUdpStream', { stream });
  await lab.internet.agent.call('stopUdpStream', { stream: inbound });
  return samples;
}

/** Pull and plug with nobody awake: the kernel's chain alone. */
async function unattendedPulls(rig: Rig, stream: number): Promise<readonly number[]> {
  if (rig.lab.services.processes.some(({ pid }) => pid !== undefined)) {
    await Promise.all(rig.lab.services.processes.map((process) => process.kill('SIGKILL')));
  }
  const outages: number[] = [];
  for (let pull = 0; pull < PULLS; pull += 1) {
    const { beforeMs } = rig.cable.pull();
    await sleep(SETTLE_MS);
    const seen = await readPull(rig, stream, beforeMs);
    if (seen !== undefined) outages.push(seen.longestOutageMs);
    rig.cable.plug();
    await sleep(SETTLE_AFTER_PLUG_MS);
  }
  return outages;
}

/** What became of the stream around a pull; undefined where it did not go through that cable, and so tells nothing. */
async function readPull(rig: Rig, stream: number, pulledMs: number): Promise<UdpStreamReport | undefined> {
  const seen = await readStream(rig, stream, pulledMs, BEFORE_PULL_MS);
  const through = seen.sources.find(({ firstSentMs }) => firstSentMs < pulledMs)?.address;
  if (through === rig.lab.isp('eth0').publicAddress) return seen;
  console.log(`a pull is not counted: the stream came from ${through ?? 'nowhere'} before it`);
  return undefined;
}

async function readStream(rig: Rig, stream: number, atMs: number, beforeMs = 5): Promise<UdpStreamReport> {
  // What was sent in the last moments may still be on its way.
  const untilMs = monotonicMs() - 20;
  return rig.lab.app('app1').agent.call('readUdpStream', { stream, sinceMs: atMs - beforeMs, untilMs });
}

/** From the pull to the sending of the first datagram that the port map answered on the new port. */
async function firstInboundAnswer(rig: Rig, stream: number, sinceMs: number): Promise<number> {
  const { sources } = await rig.lab.internet.agent.call('readUdpStream', { stream, sinceMs });
  const first = Math.min(...sources.map(({ firstSentMs }) => firstSentMs));
  return Number.isFinite(first) ? Math.max(0, first - sinceMs) : Number.NaN;
}

interface Leaks {
  readonly foreign: number;
  readonly forbidden: number;
}

async function leakCounts(lab: Lab): Promise<Leaks> {
  const counted = await Promise.all(portNames.map((port) => lab.isp(port).counters()));
  const satellite = await lab.isp('sat0').counters();
  return {
    foreign: counted.reduce((sum, { foreign }) => sum + foreign.packets, 0),
    forbidden: satellite.destinations.get(internetAddresses.echo1)?.packets ?? 0,
  };
}

async function cleanUpServices(lab: Lab): Promise<void> {
  await run(
    process.execPath,
    [await commandFile(), 'serve', '--cleanup', '--run-dir', lab.runDir, '--state-dir', lab.stateDir],
    { namespace: lab.namespace('device'), timeoutMs: 30_000 },
  );
}

function report({
  app,
  route,
  control,
  unattended,
  bare,
  leaks,
}: {
  readonly app: AppSamples;
  readonly route: readonly number[];
  readonly control: ControlSamples;
  readonly unattended: readonly number[];
  readonly bare: readonly number[];
  readonly leaks: Leaks;
}): void {
  const dense: readonly Measurement[] = [
    { what: 'outage, cable pulled', unit: 'ms', values: app.outage, goal: 'median 1, p99 10, <= 2x bare' },
    { what: 'datagrams lost in it', unit: '', values: app.lost },
    { what: 'outage of a static route by a label, cable pulled', unit: 'ms', values: route, goal: 'as the default' },
    { what: 'outage, all services killed', unit: 'ms', values: unattended },
    { what: 'outage, bare kernel chain without us', unit: 'ms', values: bare },
    { what: 'outage of a planned switch (configuration)', unit: 'ms', values: app.planned },
    { what: 'datagrams lost in it', unit: '', values: app.plannedLost, goal: 'median 0' },
    { what: 'outage of going back with the carrier, hold 0, no tests', unit: 'ms', values: app.back },
  ];
  const light: readonly Measurement[] = [
    { what: 'pull to NITS at a subscriber', unit: 'ms', values: control.nits, goal: 'median 3' },
    { what: 'pull to port map on the new port', unit: 'ms', values: control.portMap, goal: 'median 15' },
  ];
  console.log(`A datagram every ${DENSE_STREAM_INTERVAL_MS} ms from an app:\n${distributionTable(dense)}\n`);
  console.log(
    `A datagram every ${LIGHT_STREAM_INTERVAL_MS} ms from an app, and as many to its port map:\n${distributionTable(light)}`,
  );
  const ratio = median(app.outage) / median(bare);
  console.log(
    `\noutage against the bare chain, medians: ${Number.isFinite(ratio) ? ratio.toFixed(2) : 'both lost nothing'}`,
  );
  console.log(`packets with a wrong source, counted at the ISPs: ${leaks.foreign}`);
  console.log(`packets of the network instance over the forbidden satellite: ${leaks.forbidden}`);
  if (leaks.foreign > 0 || leaks.forbidden > 0) process.exitCode = 1;
}

await main();
