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
} from '../lab/index.js';
import { setUpBareChain } from './bare-chain.js';
import { createBenchLab, QuickCable } from './bench-lab.js';
import { distributionTable, median, type Measurement } from './distribution.js';
import { SelectionWatch } from './selection-watch.js';

/*
 * Cable pulls, measured from outside: an app's UDP stream, a subscriber of NITS, datagrams from the internet to a port map. The
 * three services run as processes of their own; the bare kernel chain runs in the same lab afterwards.
 */

const PULLS = Number(process.env.PULLS ?? 100);
const STREAM_INTERVAL_MS = 0.5;
const INBOUND_INTERVAL_MS = 1;
/** How long traffic is watched after a change; longer than any answer takes. */
const SETTLE_MS = 150;
/** The network instance measured may use eth0 and wwan0; the satellite must never see its traffic. */
const NETWORK_INSTANCE = 'default';

interface Samples {
  readonly outage: number[];
  readonly lost: number[];
  readonly nits: number[];
  readonly portMap: number[];
  readonly planned: number[];
  readonly plannedLost: number[];
}

interface Rig {
  readonly lab: Lab;
  readonly cable: QuickCable;
  readonly stream: number;
  readonly inbound: number;
}

async function main(): Promise<void> {
  const lab = await createBenchLab('failover');
  const cable = new QuickCable(lab, 'eth0');
  try {
    console.log(`${PULLS} pulls each, a datagram every ${STREAM_INTERVAL_MS} ms from an app; three processes\n`);
    await lab.startServices({ separate: true, logLevel: 'warn' });
    await lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0, allowedPriorities: { default: [0, 1] } }));
    await lab.app('app1').waitForAddress();
    const rig = await startTraffic(lab, cable);
    const watched = await withServices(rig);
    const unattended = await unattendedPulls(rig);
    const leaks = await leakCounts(lab);
    await cleanUpServices(lab);
    await setUpBareChain(lab);
    await sleep(SETTLE_MS);
    const bare = await unattendedPulls(rig);
    report(watched, unattended, bare, leaks);
  } catch (error) {
    console.error(
      await lab.exec('device', ['sh', '-c', `tail -n 20 ${lab.folder}/*.log`]).then(({ stdout }) => stdout),
    );
    throw error;
  } finally {
    await cable.close();
    await lab.destroy();
  }
}

async function startTraffic(lab: Lab, cable: QuickCable): Promise<Rig> {
  const { stream } = await lab.app('app1').agent.call('startUdpStream', {
    address: internetAddresses.echo1,
    port: servicePorts.echo,
    intervalMs: STREAM_INTERVAL_MS,
  });
  const { stream: inbound } = await lab.internet.agent.call('startUdpStream', {
    address: lab.isp('wwan0').publicAddress,
    port: portMaps.app1.udpEcho,
    intervalMs: INBOUND_INTERVAL_MS,
  });
  return { lab, cable, stream, inbound };
}

/** Pull and plug with all services running. Going back is a planned switch: failback_hold is 0. */
async function withServices(rig: Rig): Promise<Samples> {
  const samples: Samples = { outage: [], lost: [], nits: [], portMap: [], planned: [], plannedLost: [] };
  const watch = new SelectionWatch(rig.lab.runDir);
  try {
    await watch.applied(NETWORK_INSTANCE, 'eth0');
    await sleep(SETTLE_MS);
    for (let pull = 0; pull < PULLS; pull += 1) {
      const pulled = await rig.cable.pull();
      samples.nits.push((await watch.selected(NETWORK_INSTANCE, 'wwan0')) - pulled.beforeMs);
      await watch.applied(NETWORK_INSTANCE, 'wwan0');
      await sleep(SETTLE_MS);
      const seen = await readStream(rig, pulled.beforeMs);
      samples.outage.push(seen.longestOutageMs);
      samples.lost.push(seen.lost);
      samples.portMap.push(await firstInboundAnswer(rig, pulled.beforeMs));
      const plugged = await rig.cable.plug();
      await watch.applied(NETWORK_INSTANCE, 'eth0');
      await sleep(SETTLE_MS);
      const back = await readStream(rig, plugged.beforeMs);
      samples.planned.push(back.longestOutageMs);
      samples.plannedLost.push(back.lost);
    }
    return samples;
  } finally {
    await watch.close();
  }
}

/** Pull and plug with nobody awake: the kernel's chain alone. */
async function unattendedPulls(rig: Rig): Promise<readonly number[]> {
  if (rig.lab.services.processes.some(({ pid }) => pid !== undefined)) {
    await Promise.all(rig.lab.services.processes.map((process) => process.kill('SIGKILL')));
  }
  const outages: number[] = [];
  for (let pull = 0; pull < PULLS; pull += 1) {
    const { beforeMs } = await rig.cable.pull();
    await sleep(SETTLE_MS);
    outages.push((await readStream(rig, beforeMs)).longestOutageMs);
    await rig.cable.plug();
    await sleep(SETTLE_MS);
  }
  return outages;
}

async function readStream(rig: Rig, sinceMs: number): Promise<UdpStreamReport> {
  // What was sent in the last moments may still be on its way.
  const untilMs = monotonicMs() - 20;
  return rig.lab.app('app1').agent.call('readUdpStream', { stream: rig.stream, sinceMs: sinceMs - 5, untilMs });
}

/** From the pull to the sending of the first datagram that the port map answered on the new port. */
async function firstInboundAnswer(rig: Rig, sinceMs: number): Promise<number> {
  const { sources } = await rig.lab.internet.agent.call('readUdpStream', { stream: rig.inbound, sinceMs });
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

function report(samples: Samples, unattended: readonly number[], bare: readonly number[], leaks: Leaks): void {
  const rows: readonly Measurement[] = [
    { what: 'outage, cable pulled', unit: 'ms', values: samples.outage, goal: 'median 1, p99 10, <= 2x bare' },
    { what: 'datagrams lost in it', unit: '', values: samples.lost },
    { what: 'outage, all services killed', unit: 'ms', values: unattended },
    { what: 'outage, bare kernel chain without us', unit: 'ms', values: bare },
    { what: 'pull to NITS at a subscriber', unit: 'ms', values: samples.nits, goal: 'median 3' },
    { what: 'pull to port map on the new port', unit: 'ms', values: samples.portMap, goal: 'median 15' },
    { what: 'outage of a planned switch', unit: 'ms', values: samples.planned },
    { what: 'datagrams lost in it', unit: '', values: samples.plannedLost, goal: 'median 0' },
  ];
  console.log(distributionTable(rows));
  const ratio = median(samples.outage) / median(bare);
  console.log(
    `\noutage against the bare chain, medians: ${Number.isFinite(ratio) ? ratio.toFixed(2) : 'both lost nothing'}`,
  );
  console.log(`packets with a wrong source, counted at the ISPs: ${leaks.foreign}`);
  console.log(`packets of the network instance over the forbidden satellite: ${leaks.forbidden}`);
  if (leaks.foreign > 0 || leaks.forbidden > 0) process.exitCode = 1;
}

await main();
