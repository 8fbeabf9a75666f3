import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ContentTree, DatastoreConfig, DsType } from '../../gen/config/storage.js';
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
} from '../../lab/index.js';
import { launchShip, wrongSources, type Ship } from './ship.js';

const SIZE = 60_000_000;
const APP_IMAGE = NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD;
const BASE_IMAGE = NetworkOperation.NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD;
const FROM_PORT = 'http://web.example';
const IMAGE_URL = `${FROM_PORT}/bytes/${SIZE}`;
const trees = { app: '0ac00000-0000-4000-8000-000000000001', base: '0ac00000-0000-4000-8000-000000000002' };

let ship: Ship;
let lab: Lab;
let policy: PolicyCalls;
let folder: string;
let sha256: string;
let before: ReadonlyMap<PortName, IspCounters>;

async function counters(): Promise<ReadonlyMap<PortName, IspCounters>> {
  return new Map(await Promise.all(portNames.map(async (port) => [port, await lab.isp(port).counters()] as const)));
}

/** What came of the source over a port since the test began, headers included; and what was sent to it. */
async function overPort(port: PortName): Promise<{ readonly downBytes: number; readonly upPackets: number }> {
  const [was, is] = [before.get(port), (await counters()).get(port)];
  if (was === undefined || is === undefined) throw new Error(`no counters of ${port}`);
  const { down, destinations } = countedBetween(was, is);
  return { downBytes: down.bytes, upPackets: destinations.get(internetAddresses.web)?.packets ?? 0 };
}

const file = (): string => join(folder, 'image');

async function sha256OfFile(): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file()), hash);
  return hash.digest('hex');
}

function start(...args: readonly string[]): Promise<DownloadProcess> {
  return DownloadProcess.start(lab, [IMAGE_URL, '-o', file(), '--operation', 'app-image', '--sha256', sha256, ...args]);
}

beforeAll(async () => {
  const hash = createHash('sha256');
  for (const piece of fileBytes(0, SIZE - 1)) hash.update(piece);
  sha256 = hash.digest('hex');
  ship = await launchShip();
  ({ lab } = ship);
  policy = new PolicyCalls(lab.runDir);
  lab.beforeDestroy(() => policy.close());
  await lab.pushConfig({
    ...lab.configuration({ failbackHoldSeconds: 0 }),
    datastores: [
      DatastoreConfig.fromPartial({ id: 'ds1', dType: DsType.DsHttp, fqdn: 'http://web.example', dpath: 'bytes' }),
    ],
    contentInfo: Object.values(trees).map((uuid) =>
      ContentTree.fromPartial({ uuid, dsId: 'ds1', URL: String(SIZE), sha256, maxSizeBytes: BigInt(SIZE) }),
    ),
    baseos: { contentTreeUuid: trees.base, retryUpdate: undefined, activate: true, baseOsVersion: '1' },
  });
  await Promise.all(portNames.map((port) => lab.waitForLease(port)));
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eve-uplink-download-'));
  before = await counters();
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

afterAll(async () => {
  expect(await wrongSources(lab)).toBe(0);
  await ship.destroy();
});

describe('a download on the ship', () => {
  it('survives three forced changes of its port, and fetches little twice', async () => {
    await policy.allow(APP_IMAGE, [0, 1, 2]);
    const download = await start('--limit', '20M', '--stall-timeout', '2s');
    await download.next('progress', 'eth0');
    await lab.pullCable('eth0');
    await download.next('stopped', 'eth0');
    await download.next('progress', 'wwan0');
    await policy.allow(APP_IMAGE, [0, 2]);
    await download.next('stopped', 'wwan0');
    await download.next('transferring', 'sat0');
    await lab.killInternetBehind('sat0');
    await lab.plugCable('eth0');
    // The better port may be back before the stall is noticed.
    await download.next(['stopped', 'failed'], 'sat0');
    await download.next('transferring', 'eth0');
    expect(await download.exited).toEqual({ kind: 'exited', code: 0 });
    expect(await sha256OfFile()).toBe(sha256);
    expect(await readdir(folder)).toEqual(['image']);
    const over = await Promise.all(portNames.map(overPort));
    const downBytes = over.reduce((sum, each) => sum + each.downBytes, 0);
    // Headers are 4 % at most; less than 1 MB a change was fetched twice.
    expect(downBytes).toBeLessThan(SIZE * 1.04 + 3_000_000);
    await lab.restoreInternetBehind('sat0');
  });

  it.each([
    ['with 200 and the slice alone', 'slices', 'anew'],
    ['with 206 from the beginning', 'early', 'transferring'],
  ])('whose source answers a request for the rest %s has the right file, checked or not', async (_how, path, kind) => {
    await policy.allow(APP_IMAGE, [0, 1]);
    for (const check of [['--sha256', sha256], []]) {
      const source = `${FROM_PORT}/${path}/${SIZE}`;
      const options = ['--operation', 'app-image', ...check];
      const download = await DownloadProcess.start(lab, [source, '-o', file(), '--limit', '30M', ...options]);
      await download.next('progress', 'eth0');
      await lab.pullCable('eth0');
      await download.next('stopped', 'eth0');
      const { fields } = await download.next(kind);
      await lab.plugCable('eth0');
      expect(fields[kind === 'anew' ? 'discardedBytes' : 'fromBytes']).toBeGreaterThan(0);
      expect(await download.exited).toEqual({ kind: 'exited', code: 0 });
      expect(await sha256OfFile()).toBe(sha256);
      await rm(file());
      await lab.waitForLease('eth0');
    }
  });

  it('uses a port for as long as a grant lasts, and not a byte longer than a second', async () => {
    await policy.allow(APP_IMAGE, []);
    const download = await start('--limit', '2M');
    await download.next('waiting');
    await policy.grant(APP_IMAGE, 2, 3);
    await download.next('transferring', 'sat0');
    const grantedAtMs = monotonicMs();
    const stopped = await download.next('stopped', 'sat0');
    expect(stopped.atMs - grantedAtMs).toBeLessThan(4_000);
    const [afterEnd] = await Promise.all([overPort('sat0'), download.next('waiting')]);
    await policy.allow(APP_IMAGE, [1]);
    await download.next('progress', 'wwan0');
    expect((await overPort('sat0')).upPackets).toBe(afterEnd.upPackets);
    expect((await overPort('eth0')).upPackets).toBe(0);
    download.signal('SIGTERM');
    expect(await download.exited).toEqual({ kind: 'exited', code: 130 });
    expect((await readdir(folder)).sort()).toEqual(['image.part', 'image.part.json']);
    const again = await start();
    const begun = await again.next('begun');
    expect(begun.fields.resumedBytes).toBeGreaterThan(3_000_000);
    expect(await again.exited).toEqual({ kind: 'exited', code: 0 });
    expect(await sha256OfFile()).toBe(sha256);
  });

  it('stops within a second when its grant is revoked', async () => {
    await policy.allow(APP_IMAGE, []);
    const id = await policy.grant(APP_IMAGE, 2, 600);
    const download = await start('--limit', '2M');
    await download.next('progress', 'sat0');
    const revokedAtMs = monotonicMs();
    await policy.revoke(id);
    const stopped = await download.next('stopped', 'sat0');
    expect(stopped.atMs - revokedAtMs).toBeLessThan(1_000);
    const { upPackets } = await overPort('sat0');
    await download.next('waiting');
    expect((await overPort('sat0')).upPackets).toBe(upPackets);
    download.signal('SIGINT');
    expect(await download.exited).toEqual({ kind: 'exited', code: 130 });
  });

  it('is denied with exit code 3 where it shall not wait, and sends nothing', async () => {
    await policy.allow(APP_IMAGE, []);
    const download = await start('--no-wait');
    expect(await download.exited).toEqual({ kind: 'exited', code: 3 });
    expect((await Promise.all(portNames.map(overPort))).map(({ upPackets }) => upPackets)).toEqual([0, 0, 0]);
  });

  it('takes a content tree from the configuration, and knows a base image from an app image', async () => {
    await policy.allow(APP_IMAGE, [1]);
    await policy.allow(BASE_IMAGE, [0]);
    const fetchTree = async (uuid: string): Promise<void> => {
      const download = await DownloadProcess.start(lab, ['-o', file(), '--content-tree', uuid]);
      expect(await download.exited).toEqual({ kind: 'exited', code: 0 });
      expect(await sha256OfFile()).toBe(sha256);
    };
    await fetchTree(trees.base);
    expect((await overPort('wwan0')).upPackets).toBe(0);
    before = await counters();
    await fetchTree(trees.app);
    expect((await overPort('eth0')).upPackets).toBe(0);
  });

  it('outlives a restart of NIM, and stops where NIM stays away', async () => {
    await policy.allow(APP_IMAGE, [0]);
    const download = await start('--limit', '2M');
    await download.next('progress', 'eth0');
    await lab.service('nim').kill('SIGKILL');
    await lab.service('nim').start();
    await download.next('progress', 'eth0');
    await lab.service('nim').kill('SIGKILL');
    const killedAtMs = monotonicMs();
    const stopped = await download.next('stopped', 'eth0');
    expect(stopped.fields.reason).toMatchObject({ kind: 'unconfirmed' });
    expect(stopped.atMs - killedAtMs).toBeLessThan(11_000);
    await download.next('waiting');
    await lab.service('nim').start();
    await download.next('transferring', 'eth0');
    download.signal('SIGINT');
    expect(await download.exited).toEqual({ kind: 'exited', code: 130 });
    expect(await waitUntil(async () => (await readdir(folder)).includes('image.part'), { timeoutMs: 1_000 })).toBe(
      true,
    );
  });
});
