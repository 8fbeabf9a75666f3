import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from 'iproute-exec';

import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import {
  countedBetween,
  DownloadProcess,
  fileBytes,
  internetAddresses,
  monotonicMs,
  PolicyCalls,
  portNames,
  waitUntil,
  type IspCounters,
  type Lab,
  type PortName,
  type SeenEvent,
} from '../../lab/index.js';
import { createBenchLab } from './bench-lab.js';
import { distributionTable, median, type Measurement } from './distribution.js';

/*
 * A large download in the lab: with three forced port changes (a cable pulled, a policy that forbids the port, an
 * internet that dies behind a healthy link), and over a single port beside curl.
 */

const SIZE = Number(process.env.SIZE ?? 1_000_000_000);
const RUNS = Number(process.env.RUNS ?? 5);
const STALL = '3s';
const POLL_MS = 5;
const OPERATION = NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD;
const IMAGE_URL = `http://${internetAddresses.web}/bytes/${SIZE}`;
/**
 * Headers of IP and TCP with timestamps; of packets as the kernel handles them, which may be larger than the line's.
 */
const HEADER_BYTES = 52;
const SEGMENT_BYTES = 1500 - HEADER_BYTES;

interface Samples {
  readonly refetched: Record<'cable' | 'policy' | 'stall', number[]>;
  readonly peak: number[];
  readonly ours: number[];
  readonly oursSynced: number[];
  readonly curl: number[];
  readonly curlSynced: number[];
}

async function main(): Promise<void> {
  const lab = await createBenchLab('download');
  const folder = await mkdtemp(join(tmpdir(), 'eve-uplink-bench-files-'));
  const policy = new PolicyCalls(lab.runDir);
  lab.beforeDestroy(() => policy.close());
  const samples: Samples = {
    refetched: { cable: [], policy: [], stall: [] },
    ...{ peak: [], ours: [], oursSynced: [], curl: [], curlSynced: [] },
  };
  try {
    const sha256 = await sha256OfServed();
    await lab.startServices({ separate: true, logLevel: 'warn' });
    await lab.pushConfig(lab.configuration({ failbackHoldSeconds: 0 }));
    await Promise.all(portNames.map((port) => lab.waitForLease(port)));
    const hasCurl = (await run('sh', ['-c', 'command -v curl'], { allowFailure: true })).exitCode === 0;
    console.log(`${SIZE / 1e6} MB, ${RUNS} runs of each kind\n`);
    for (let round = 0; round < RUNS; round += 1) {
      await changingPorts({ lab, policy, folder, sha256 }, samples);
      await overOnePort({ lab, policy, folder, sha256 }, samples, hasCurl);
    }
    report(samples, hasCurl);
  } finally {
    await lab.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Rig {
  readonly lab: Lab;
  readonly policy: PolicyCalls;
  readonly folder: string;
  readonly sha256: string;
}

async function sha256OfServed(): Promise<string> {
  const hash = createHash('sha256');
  for (const piece of fileBytes(0, SIZE - 1)) hash.update(piece);
  return Promise.resolve(hash.digest('hex'));
}

function startDownload({ lab, folder, sha256 }: Rig): Promise<DownloadProcess> {
  const file = join(folder, 'ours');
  return DownloadProcess.start(lab, [
    IMAGE_URL,
    '-o',
    file,
    ...['--operation', 'app-image', '--sha256', sha256, '--stall-timeout', STALL],
  ]);
}

interface Change {
  readonly what: 'cable' | 'policy' | 'stall';
  readonly port: PortName;
  readonly next: PortName;
  /** Of the file that has come by then. */
  readonly share: number;
  readonly make: () => Promise<unknown>;
}

/** eth0 loses its cable, wwan0 its permission, sat0 its internet; then eth0 is back. */
async function changingPorts(rig: Rig, samples: Samples): Promise<void> {
  const { lab, policy, folder } = rig;
  const changes: readonly Change[] = [
    { what: 'cable', port: 'eth0', next: 'wwan0', share: 0.25, make: () => lab.pullCable('eth0') },
    { what: 'policy', port: 'wwan0', next: 'sat0', share: 0.5, make: () => policy.allow(OPERATION, [0, 2]) },
    {
      ...{ what: 'stall', port: 'sat0', next: 'eth0', share: 0.75 },
      make: () => Promise.all([lab.killInternetBehind('sat0'), lab.plugCable('eth0')]),
    },
  ];
  await policy.allow(OPERATION, [0, 1, 2]);
  const before = {
    eth0: await lab.isp('eth0').counters(),
    wwan0: await lab.isp('wwan0').counters(),
    sat0: await lab.isp('sat0').counters(),
  };
  const download = await startDownload(rig);
  const peak = watchPeak(download);
  let retransmittedBefore = await retransmittedBytes(lab);
  let at = fromBytes(await download.next('transferring', 'eth0'));
  for (const { what, port, next, share, make } of changes) {
    await waitUntil(async () => (await sizeOf(join(folder, 'ours.part'))) >= SIZE * share, {
      timeoutMs: 60_000,
      everyMs: POLL_MS,
    });
    const sentTwice = (await retransmittedBytes(lab)) - retransmittedBefore;
    await make();
    const goesOnAt = fromBytes(await download.next('transferring', next));
    const counted = countedBetween(before[port], await lab.isp(port).counters());
    // What came over the port and is not in the file, heads of answers and tests of the port included; less what TCP
    // had sent again by itself before anything happened, as it does where two processors bring packets out of order.
    samples.refetched[what].push(payload(counted) - sentTwice - (goesOnAt - at));
    at = goesOnAt;
    retransmittedBefore = await retransmittedBytes(lab);
  }
  await finish(download);
  samples.peak.push(await peak);
  await lab.restoreInternetBehind('sat0');
  await rm(join(folder, 'ours'));
}

/** What the servers' host has sent again since the lab came up: TcpRetransSegs of RFC 4022, of full segments. */
async function retransmittedBytes(lab: Lab): Promise<number> {
  const { stdout } = await lab.exec('internet', ['cat', '/proc/net/snmp']);
  const [names, values] = stdout.split('\n').filter((line) => line.startsWith('Tcp:'));
  const index = names?.split(' ').indexOf('RetransSegs') ?? -1;
  return Number(values?.split(' ')[index]) * SEGMENT_BYTES;
}

function fromBytes({ fields }: SeenEvent): number {
  return Number(fields.fromBytes);
}

async function overOnePort(rig: Rig, samples: Samples, hasCurl: boolean): Promise<void> {
  const { lab, policy, folder } = rig;
  await policy.allow(OPERATION, [0]);
  await lab.waitForLease('eth0');
  const file = join(folder, 'ours');
  const download = await startDownload(rig);
  const peak = watchPeak(download);
  const { fetchedMs, tookMs } = await finish(download);
  samples.ours.push(megabytesPerSecond(fetchedMs));
  samples.oursSynced.push(megabytesPerSecond(tookMs));
  samples.peak.push(await peak);
  await rm(file);
  if (!hasCurl) return;
  const other = join(folder, 'curl');
  const curlBegunMs = monotonicMs();
  const { stdout } = await lab.exec(
    'device',
    ['curl', '-sS', '--interface', 'eth0', '-o', other, '-w', '%{time_total}', IMAGE_URL],
    120_000,
  );
  await run('sync', [other], { timeoutMs: 120_000 });
  samples.curlSynced.push(megabytesPerSecond(monotonicMs() - curlBegunMs));
  samples.curl.push(megabytesPerSecond(Number(stdout) * 1000));
  await rm(other);
}

/** @returns how long it took by its own account @throws where it failed */
async function finish(download: DownloadProcess): Promise<{ readonly fetchedMs: number; readonly tookMs: number }> {
  const ended = await download.next('done', undefined, 120_000);
  const status = await download.exited;
  if (status.kind !== 'exited' || status.code !== 0)
    throw new Error(`the download ended with ${JSON.stringify(status)}`);
  return ended.fields.result as { readonly fetchedMs: number; readonly tookMs: number };
}

async function watchPeak(download: DownloadProcess): Promise<number> {
  let most = 0;
  await waitUntil(
    async () => {
      const now = await download.peakMiB();
      most = Math.max(most, now ?? 0);
      return now === undefined;
    },
    { timeoutMs: 300_000, everyMs: 20 },
  );
  return most;
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

function payload({ down }: IspCounters): number {
  return down.bytes - down.packets * HEADER_BYTES;
}

function megabytesPerSecond(ms: number): number {
  return SIZE / 1e6 / (ms / 1000);
}

function report(samples: Samples, hasCurl: boolean): void {
  const { refetched, peak, ours, oursSynced, curl, curlSynced } = samples;
  const rows: readonly Measurement[] = [
    { what: 'fetched twice: cable pulled', unit: 'kB', values: refetched.cable.map(kilo), goal: 'under 1,000' },
    {
      what: 'fetched twice: policy forbids the port',
      unit: 'kB',
      values: refetched.policy.map(kilo),
      goal: 'under 1,000',
    },
    {
      what: 'fetched twice: internet dead, stalled',
      unit: 'kB',
      values: refetched.stall.map(kilo),
      goal: 'under 1,000',
    },
    { what: 'peak resident memory', unit: 'MiB', values: peak, goal: 'under 120 MB' },
    { what: 'one port: ours, hashed', unit: 'MB/s', values: ours },
    { what: 'one port: curl', unit: 'MB/s', values: curl },
    { what: 'one port: ours, hashed and synced', unit: 'MB/s', values: oursSynced },
    { what: 'one port: curl, then sync', unit: 'MB/s', values: curlSynced },
  ];
  console.log(distributionTable(rows));
  console.log('every file had the right sha256: the command checks it, and none failed');
  if (!hasCurl) console.log('curl: not measured, it is missing (apt-get install curl)');
  else {
    const ratio = (a: readonly number[], b: readonly number[]): string => (median(a) / median(b)).toFixed(2);
    console.log(
      `throughput against curl, medians: ${ratio(ours, curl)} (goal: at least 0.9); both synced: ${ratio(oursSynced, curlSynced)}`,
    );
  }
}

function kilo(bytes: number): number {
  return bytes / 1000;
}

await main();
