import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { PortProxies } from '../../gen/nim/v1/port_status.js';
import { DsType } from '../../gen/config/storage.js';
import { issueServerCertificate } from '../../lab/hosts/certificates.js';
import { proxyServer } from '../../lab/hosts/proxy-server.js';
import { connectTcp } from '../../lib/uplink-socket/index.js';
import { listen } from '../../lib/uplink-socket/testing/listen.js';
import { a, NameServer, responseCode } from '../../lib/uplink-socket/testing/name-server.js';
import { DEVICE, GATEWAY, SERVER, TwoUplinks } from '../../lib/uplink-socket/testing/two-uplinks.js';
import { contentTreeDownload } from './source/content-tree.js';
import { urlSource } from './source/url-source.js';
import { DownloadRig, failure } from './testing/download-rig.js';
import { fileBytes, FileServer, sha256 } from './testing/file-server.js';
import { s3Credentials, s3Server, signedPut } from './testing/s3-server.js';

const content = fileBytes(3 * 1024 * 1024 + 7);
const eth0 = { label: 'eth0', group: 1, address: DEVICE[4], dnsServers: [GATEWAY[4]] };
const eth1 = { label: 'eth1', group: 2, address: DEVICE[4], dnsServers: [GATEWAY[4]] };
const certificate = issueServerCertificate(['images.example'], [SERVER[4]], Date.now());
const SECURE_URL = 'https://images.example:8443/image';

let lab: TwoUplinks;
let rig: DownloadRig;
let secure: FileServer;
const nameServers: NameServer[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  lab = await TwoUplinks.create();
  const tls = { cert: certificate.certificate, key: certificate.key };
  secure = new FileServer(content, (handler) => createSecureServer(tls, handler));
  const place = { namespace: lab.isps.eth0, address: SERVER[4] };
  servers.push(await listen(secure.server, { ...place, port: 8443 }));
  // The name means something over eth0 only.
  for (const port of ['eth0', 'eth1'] as const) {
    const script = ({ name, type }: { readonly name: string; readonly type: string }) =>
      port === 'eth0' && type === 'A' ? { answers: [a(name, SERVER[4])] } : port === 'eth0' ? {} : responseCode(3);
    nameServers.push(await NameServer.start({ namespace: lab.isps[port], address: GATEWAY[4] }, script));
  }
});

beforeEach(async () => {
  rig = await DownloadRig.start(lab.device);
});

afterEach(async () => {
  await rig.close();
});

afterAll(async () => {
  for (const server of nameServers) server.close();
  for (const server of servers) server.close();
  await (lab as TwoUplinks | undefined)?.remove();
});

const fetched = async (): Promise<boolean> => content.equals(await readFile(rig.file));

describe('over HTTPS', () => {
  it('a private authority is trusted where it is named, and names are looked up over the port', async () => {
    rig.nim.permit([
      { ...eth1, group: 1 },
      { ...eth0, group: 2 },
    ]);
    const { portBytes } = await rig.download({ source: urlSource(SECURE_URL, [certificate.certificateAuthority]) });
    expect([...portBytes.keys()]).toEqual(['eth0']);
    expect(rig.events.find(({ kind }) => kind === 'failed')).toMatchObject({
      port: { label: 'eth1' },
      why: expect.stringContaining('there is no name images.example') as unknown,
    });
    expect(await fetched()).toBe(true);
  });

  it.each([
    ['of an authority that nobody trusts', SECURE_URL, [], 'not trusted here'],
    ['of another name', `https://${GATEWAY[4]}:8443/x`, [certificate.certificateAuthority], 'another name'],
  ])('a certificate %s is refused', async (_what, url, authorities, words) => {
    if (words === 'another name') {
      servers.push(
        await listen(new FileServer(content, secureServer).server, {
          namespace: lab.isps.eth0,
          address: GATEWAY[4],
          port: 8443,
        }),
      );
    }
    rig.nim.permit([eth0]);
    const { failure: why, message } = await failure(rig.download({ source: urlSource(url, authorities), rounds: 1 }));
    expect([why, message]).toEqual(['unreachable', expect.stringContaining(words)]);
  });
});

describe('by the proxy of a port', () => {
  const PROXY_PORT = 3128;
  const PROXY_HOST = 'proxy.example';
  const asked: string[] = [];
  const proxy = { host: PROXY_HOST, port: PROXY_PORT };
  const proxies: PortProxies = {
    http: proxy,
    https: proxy,
    exceptions: ['straight.example'],
    certificateAuthorities: [],
  };
  let plain: FileServer;
  let isWilling: boolean;

  beforeAll(async () => {
    // What it leads on to is where only it can go.
    const connectTo = (host: string, port: number) => {
      if (!isWilling) throw new Error('it does not want to');
      const uplink = { interfaceName: 'lo', namespace: lab.isps.eth0 };
      return connectTcp(uplink, { address: host === PROXY_HOST ? GATEWAY[4] : SERVER[4], port, timeoutMs: 2_000 });
    };
    const place = { namespace: lab.isps.eth0, address: SERVER[4] };
    plain = new FileServer(content);
    servers.push(
      await listen(
        proxyServer(connectTo, (line) => asked.push(line)),
        { ...place, port: PROXY_PORT },
      ),
      await listen(plain.server, { ...place, port: 8081 }),
    );
  });

  beforeEach(() => {
    asked.length = 0;
    isWilling = true;
  });

  const via = (changes: Partial<PortProxies> = {}): void => {
    rig.nim.permit([{ ...eth0, proxies: { ...proxies, ...changes } }]);
  };

  it('comes through a tunnel that ends at the server, which proves itself', async () => {
    via();
    const source = urlSource(SECURE_URL, [certificate.certificateAuthority]);
    await rig.download({ source, sha256: sha256(content) });
    expect(await fetched()).toBe(true);
    expect(asked).toEqual(['CONNECT images.example:8443']);
  });

  it('is not believed where the tunnel ends at somebody else, unless that one is named', async () => {
    via();
    const other = await failure(rig.download({ source: urlSource(SECURE_URL, []), rounds: 1 }));
    expect(other.message).toContain('not trusted here');
    via({ certificateAuthorities: [certificate.certificateAuthority] });
    await rig.download({ source: urlSource(SECURE_URL, []) });
    expect(await fetched()).toBe(true);
  });

  it('comes by its whole URL over http, resumed where it broke off', async () => {
    via();
    plain.behaviour = (request, response, times) => {
      plain.serve(request, response, times === 1 ? { upTo: 1_000_000 } : {});
    };
    await rig.download({ source: urlSource('http://images.example:8081/image?x=1', []), sha256: sha256(content) });
    plain.behaviour = undefined;
    expect(await fetched()).toBe(true);
    expect(asked).toEqual(Array(2).fill('GET http://images.example:8081/image?x=1'));
    expect(plain.requests.at(-1)?.headers).toMatchObject({ host: 'images.example:8081' });
    expect(plain.requests.at(-1)?.headers.range).toMatch(/^bytes=[1-9]/);
  });

  it('goes straight where it is an exception', async () => {
    via();
    await rig.download({ source: urlSource('http://straight.example:8081/image', []) });
    expect(await fetched()).toBe(true);
    expect(asked).toEqual([]);
  });

  it.each(['http://images.example:8081/image', SECURE_URL])('says that it was the proxy: %s', async (url) => {
    isWilling = false;
    via();
    const source = urlSource(url, [certificate.certificateAuthority]);
    const { message } = await failure(rig.download({ source, rounds: 1 }));
    expect(message).toContain('the proxy cannot reach the server (502)');
  });
});

const secureServer = (handler: Parameters<typeof createSecureServer>[1]): ReturnType<typeof createSecureServer> =>
  createSecureServer({ cert: certificate.certificate, key: certificate.key }, handler);

describe('an S3-compatible server', () => {
  const uuid = '0ac00000-0000-4000-8000-000000000001';
  const key = 'images/the image (1).raw';
  let directory: string;

  const config = (datastore: object = {}): EdgeDevConfig =>
    EdgeDevConfig.fromPartial({
      datastores: [
        {
          ...{ id: 'ds1', dType: DsType.DsS3, fqdn: `http://${SERVER[4]}:4568`, dpath: 'bucket', region: 'us-east-1' },
          ...{ apiKey: s3Credentials.accessKeyId, password: s3Credentials.secretAccessKey },
          ...datastore,
        },
      ],
      contentInfo: [{ uuid, dsId: 'ds1', URL: key, sha256: sha256(content), maxSizeBytes: BigInt(content.length) }],
    });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evn-s3-'));
    const local = await s3Server(directory, 'bucket');
    local.listen(0, '127.0.0.1');
    await once(local, 'listening');
    const host = `127.0.0.1:${(local.address() as AddressInfo).port}`;
    const path = `/bucket/${encodeURIComponent(key).replaceAll('%2F', '/').replace('(', '%28').replace(')', '%29')}`;
    const put = await fetch(`http://${host}${path}`, {
      method: 'PUT',
      body: content,
      headers: signedPut(host, path, content),
    });
    expect(put.status).toBe(200);
    local.close();
    for (const port of ['eth0', 'eth1'] as const) {
      const server = await s3Server(directory, 'bucket');
      servers.push(await listen(server, { namespace: lab.isps[port], address: SERVER[4], port: 4568 }));
    }
  });

  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  it('gives a content tree by signed requests', async () => {
    rig.nim.permit([eth0]);
    const { operation: _operation, ...wanted } = contentTreeDownload(config(), uuid, []);
    await rig.download(wanted);
    expect(await fetched()).toBe(true);
  });

  it('is resumed over another port', async () => {
    rig.nim.permit([eth0, eth1]);
    const { operation: _operation, ...wanted } = contentTreeDownload(config(), uuid, []);
    const downloading = rig.download({ ...wanted, limitBytesPerSecond: 3_000_000 });
    while (!rig.events.some(({ kind }) => kind === 'progress')) await new Promise(setImmediate);
    rig.nim.permit([eth1], { eth0: 'forbidden' });
    const { portBytes } = await downloading;
    expect([...portBytes.keys()]).toEqual(['eth0', 'eth1']);
    expect(await fetched()).toBe(true);
  });

  it('refuses credentials of nobody, and that is said', async () => {
    rig.nim.permit([eth0]);
    const { operation: _operation, ...wanted } = contentTreeDownload(config({ apiKey: 'nobody' }), uuid, []);
    const { failure: why, message } = await failure(rig.download(wanted));
    expect([why, message]).toEqual(['unreachable', expect.stringContaining('403 (access denied)')]);
  });
});

describe('a full disk', () => {
  it('is told, before bytes are wasted or as it fills, and the download goes on when there is room', async () => {
    const disk = await mkdtemp(join(tmpdir(), 'full-disk-'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'full-disk', disk]);
    try {
      await writeFile(join(disk, 'ballast'), Buffer.alloc(2 * 1024 * 1024));
      rig.nim.permit([eth0]);
      const source = urlSource(SECURE_URL, [certificate.certificateAuthority]);
      const request = { source, file: join(disk, 'image'), sha256: sha256(content) };
      const early = await failure(rig.download(request));
      expect([early.failure, early.message]).toEqual(['local', expect.stringContaining('make room')]);
      // Of a file of unknown length nobody knows before.
      secure.behaviour = (_request, response) => {
        response.writeHead(200, { etag: '"1"' });
        response.end(content);
      };
      const late = await failure(rig.download(request));
      secure.behaviour = undefined;
      expect([late.failure, late.message]).toEqual(['local', expect.stringContaining('the disk is full')]);
      const { size } = await stat(join(disk, 'image.part'));
      expect(size).toBeGreaterThan(1_000_000);
      await rm(join(disk, 'ballast'));
      await rig.download(request);
      expect(secure.requests.at(-1)?.headers.range).toMatch(/^bytes=\d{7}-$/);
      expect(content.equals(await readFile(join(disk, 'image')))).toBe(true);
    } finally {
      await run('umount', [disk]);
      await rm(disk, { recursive: true, force: true });
    }
  });
});
