import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import { PortAuthorizationServiceClient } from '../../gen/nim/v1/port_authorization.js';
import { listen } from '../../services/bound-socket/testing/listen.js';
import { eventually } from '../../services/bound-socket/testing/patience.js';
import { DEVICE, SERVER, TwoUplinks } from '../../services/bound-socket/testing/two-uplinks.js';
import { systemClock } from '../../services/clock/index.js';
import { createLogger } from '../../services/observability/index.js';
import { connectTo } from '../../services/rpc/index.js';
import { download, type DownloadRequest } from './download.js';
import { DownloadError } from './download-error.js';
import type { DownloadEvent, DownloadResult } from './events.js';
import { Permissions } from './permission/permissions.js';
import { PortTurns } from './permission/port-turns.js';
import { urlSource } from './source/url-source.js';
import { fileBytes, FileServer, sha256 } from './testing/file-server.js';
import { ScriptedPermissions } from './testing/scripted-permissions.js';

const URL_TEXT = `http://${SERVER[4]}:8080/image`;
const SIZE = 4 * 1024 * 1024 + 13;
const content = fileBytes(SIZE);
const eth0 = { label: 'eth0', group: 1, address: DEVICE[4] };
const eth1 = { label: 'eth1', group: 2, address: DEVICE[4] };

let lab: TwoUplinks;
let servers: Record<'eth0' | 'eth1', FileServer>;
let directory: string;
let nim: ScriptedPermissions;
let client: PortAuthorizationServiceClient;
let permissions: Permissions;
let events: DownloadEvent[];
let leaving: AbortController;

beforeAll(async () => {
  lab = await TwoUplinks.create();
  servers = { eth0: new FileServer(content), eth1: new FileServer(content) };
  for (const port of ['eth0', 'eth1'] as const) {
    await listen(servers[port].server, { namespace: lab.isps[port], address: SERVER[4], port: 8080 });
  }
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evn-download-'));
  for (const server of Object.values(servers)) {
    Object.assign(server, { content, etag: '"1"', behaviour: undefined, bytesPerSecond: Number.POSITIVE_INFINITY });
    server.requests.splice(0);
  }
  nim = await ScriptedPermissions.start(directory);
  client = connectTo(PortAuthorizationServiceClient, `unix:${nim.socketPath}`);
  permissions = new Permissions(client, NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD, {
    clock: systemClock,
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  events = [];
  leaving = new AbortController();
});

afterEach(async () => {
  leaving.abort();
  await permissions.close();
  client.close();
  await nim.stop();
  await rm(directory, { recursive: true });
});

afterAll(async () => {
  for (const { server } of Object.values(servers)) {
    server.closeAllConnections();
    server.close();
  }
  await (lab as TwoUplinks | undefined)?.remove();
});

const file = (): string => join(directory, 'image');
/** Not by expect: it compares megabytes one by one. */
const fetched = async (): Promise<boolean> => content.equals(await readFile(file()));

function start(request: Partial<DownloadRequest> = {}): Promise<DownloadResult> {
  return download(
    {
      source: urlSource(URL_TEXT, []),
      file: file(),
      sha256: sha256(content),
      maxBytes: undefined,
      limitBytesPerSecond: undefined,
      waitMs: Number.POSITIVE_INFINITY,
      rounds: 2,
      connectTimeoutMs: 2_000,
      stallTimeoutMs: 1_000,
      ...request,
    },
    {
      permissions,
      clock: systemClock,
      trust: createSecureContext(),
      turns: new PortTurns(),
      onEvent: (event) => events.push(event),
      signal: leaving.signal,
      namespace: lab.device,
    },
  );
}

async function failure(downloading: Promise<unknown>): Promise<DownloadError> {
  const error = await downloading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DownloadError) return error;
  throw new Error(`no DownloadError: ${String(error)}`, { cause: error });
}

const kinds = (): string[] => events.filter(({ kind }) => kind !== 'progress').map(({ kind }) => kind);
const happened = (kind: DownloadEvent['kind']): Promise<void> =>
  eventually(() => events.some((event) => event.kind === kind));

describe('a download', () => {
  it('asks, fetches over the preferred port, and leaves the file and nothing else', async () => {
    nim.permit([eth0, eth1]);
    const { sizeBytes, portBytes } = await start();
    expect(sizeBytes).toBe(SIZE);
    expect([...portBytes]).toEqual([['eth0', SIZE]]);
    expect(nim.asked).toEqual(['eth0']);
    expect(await fetched()).toBe(true);
    expect((await readdir(directory)).sort()).toEqual(['image', 'nim.sock']);
    expect(servers.eth1.requests).toEqual([]);
  });

  it('goes on over the next port after a connection broke, from where it was', async () => {
    nim.permit([eth0, eth1]);
    servers.eth0.behaviour = (request, response) => {
      servers.eth0.serve(request, response, { upTo: 1_000_000 });
    };
    const { portBytes } = await start();
    expect([...portBytes]).toEqual([
      ['eth0', 1_000_000],
      ['eth1', SIZE - 1_000_000],
    ]);
    expect(servers.eth1.requests[0]?.headers).toMatchObject({ range: 'bytes=1000000-', 'if-range': '"1"' });
    expect(await fetched()).toBe(true);
  });

  it('stops at once when the permission goes, says so, waits, and goes on when it is back', async () => {
    nim.permit([eth0]);
    servers.eth0.bytesPerSecond = 1_000_000;
    const downloading = start();
    await happened('progress');
    nim.permit([], { eth0: 'its priority is not allowed' });
    const deniedAtMs = performance.now();
    await happened('stopped');
    expect(performance.now() - deniedAtMs).toBeLessThan(1_000);
    await happened('waiting');
    expect(events.at(-1)).toMatchObject({ for: 'permission', detail: 'eth0: its priority is not allowed' });
    servers.eth0.bytesPerSecond = Number.POSITIVE_INFINITY;
    nim.permit([eth0]);
    await downloading;
    expect(kinds()).toEqual([
      'begun',
      'connecting',
      'transferring',
      'stopped',
      'waiting',
      'connecting',
      'transferring',
      'done',
    ]);
    expect(await fetched()).toBe(true);
  });

  it('throws a file away whose checksum is wrong, and fails', async () => {
    nim.permit([eth0]);
    const { failure: why, message } = await failure(start({ sha256: sha256(Buffer.from('another')) }));
    expect([why, message]).toEqual(['wrong-content', expect.stringContaining('The file is the wrong one')]);
    expect(await readdir(directory)).toEqual(['nim.sock']);
  });
});
