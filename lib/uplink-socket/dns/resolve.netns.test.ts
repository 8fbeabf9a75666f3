import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startDnsmasq, stopDnsmasq } from 'iproute-exec';

import { eventually } from '../../clock/testing/eventually.js';
import { DnsError, resolve, type DnsFailure, type Resolution, type ResolveOptions } from '../index.js';
import { listenUdp } from '../testing/listen.js';
import { a, aaaa, cname, NameServer, responseCode, truncated, type Script } from '../testing/name-server.js';
import { blockFor, openFiles } from '../testing/patience.js';
import { DEVICE, GATEWAY, SERVER, SILENT, TwoUplinks } from '../testing/two-uplinks.js';

const NAME = 'ship.example';
const TIMEOUT_MS = 4_000;

let lab: TwoUplinks;
const started: NameServer[] = [];
let filesBefore: number;

beforeAll(async () => {
  lab = await TwoUplinks.create();
  // Loads what is loaded with the first use.
  await resolve(lab.uplink('eth0'), {
    hostName: NAME,
    servers: [SERVER[4]],
    families: [4],
    timeoutMs: TIMEOUT_MS,
  }).catch(() => undefined);
  filesBefore = openFiles();
});

afterEach(async () => {
  for (const server of started.splice(0)) server.close();
  await eventually(() => openFiles() <= filesBefore);
});

afterAll(async () => {
  await (lab as TwoUplinks | undefined)?.remove();
});

async function serve(
  script: Script,
  address: string = SERVER[4],
  options: { isp?: 'eth0' | 'eth1'; tcp?: boolean } = {},
): Promise<NameServer> {
  const server = await NameServer.start({ namespace: lab.isps[options.isp ?? 'eth0'], address }, script, options);
  started.push(server);
  return server;
}

const asking = (more: Partial<ResolveOptions> = {}): Promise<Resolution> =>
  resolve(lab.uplink('eth0'), { hostName: NAME, servers: [SERVER[4]], families: [4], timeoutMs: TIMEOUT_MS, ...more });

async function failure(attempt: Promise<unknown>): Promise<DnsError> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DnsError) return error;
  throw new Error(`no DnsError: ${String(error)}`);
}

const found: Script = () => ({ answers: [a(NAME, '192.0.2.80', 30)] });

describe('resolve', () => {
  it.each([4, 6] as const)(
    'asks the server behind the port itself, over IPv%d, and counts every byte',
    async (family) => {
      await serve(found, SERVER[family]);
      await serve(() => ({ answers: [a(NAME, '192.0.2.81')] }), SERVER[family], { isp: 'eth1' });
      const { addresses, ttlMs, traffic } = await asking({ servers: [SERVER[family]] });
      expect({ addresses, ttlMs }).toEqual({ addresses: ['192.0.2.80'], ttlMs: 30_000 });
      const overhead = (family === 4 ? 20 : 40) + 8;
      expect(traffic).toEqual({
        packetsSent: 1,
        bytesSent: overhead + 30,
        packetsReceived: 1,
        bytesReceived: overhead + 46 + 12,
      });
    },
  );

  it('is not touched by a broken resolver of the other port', async () => {
    await serve(() => Buffer.from('broken'));
    const server = await serve(found, SERVER[4], { isp: 'eth1' });
    const { addresses } = await resolve(lab.uplink('eth1'), {
      hostName: NAME,
      servers: [SERVER[4]],
      families: [4],
      timeoutMs: TIMEOUT_MS,
    });
    expect(addresses).toEqual(['192.0.2.80']);
    expect(server.questions).toEqual([`udp A ${NAME}`]);
  });

  it('needs no server for an address, and takes a name with the root in it', async () => {
    const server = await serve(found);
    expect(await asking({ hostName: '192.0.2.5', servers: [] })).toMatchObject({ addresses: ['192.0.2.5'] });
    expect(await asking({ hostName: `${NAME}.` })).toMatchObject({ addresses: ['192.0.2.80'] });
    expect(server.questions).toEqual([`udp A ${NAME}`]);
  });

  it('follows aliases, within an answer and beyond, and holds no longer than the shortest of them', async () => {
    const server = await serve(({ name }) =>
      name === NAME
        ? { answers: [cname(NAME, 'b.example', 7)] }
        : { answers: [cname('b.example', 'c.example', 9), a('c.example', '192.0.2.82', 30)] },
    );
    expect(await asking()).toMatchObject({ addresses: ['192.0.2.82'], ttlMs: 7_000 });
    expect(server.questions).toEqual([`udp A ${NAME}`, 'udp A b.example']);
  });

  it('does not follow aliases in circles', async () => {
    await serve(({ name }) => ({ answers: [cname(name, name === NAME ? 'b.example' : NAME)] }));
    expect((await failure(asking())).failure).toBe('no-address');
  });

  it('asks for both families, and does not wait for one that keeps silent', async () => {
    const both = await serve(({ name, type }) => ({
      answers: [type === 'A' ? a(name, '192.0.2.80', 30) : aaaa(name, '2001:db8::80', 20)],
    }));
    expect(await asking({ families: [6, 4] })).toMatchObject({
      addresses: ['192.0.2.80', '2001:db8::80'],
      ttlMs: 20_000,
    });
    both.script = ({ name, type }) => (type === 'A' ? { answers: [a(name, '192.0.2.80')] } : undefined);
    const begunMs = performance.now();
    expect(await asking({ families: [4, 6] })).toMatchObject({ addresses: ['192.0.2.80'] });
    expect(performance.now() - begunMs).toBeLessThan(TIMEOUT_MS / 4);
    both.script = ({ type }) => (type === 'A' ? {} : { answers: [aaaa(NAME, '2001:db8::80')] });
    expect(await asking({ families: [4, 6] })).toMatchObject({ addresses: ['2001:db8::80'] });
  });

  it('does not ask for a family in which the port has no address, unless for that alone', async () => {
    const server = await serve(found, SERVER[4], { isp: 'eth1' });
    await lab.ip('device', `-6 address del ${DEVICE[6]}/64 dev eth1`);
    try {
      const over = lab.uplink('eth1');
      const options = { hostName: NAME, servers: [SERVER[4]], timeoutMs: TIMEOUT_MS };
      expect(await resolve(over, { ...options, families: [6, 4] })).toMatchObject({ addresses: ['192.0.2.80'] });
      expect((await failure(resolve(over, { ...options, families: [6] }))).failure).toBe('no-address');
      expect(server.questions).toEqual([`udp A ${NAME}`, `udp AAAA ${NAME}`]);
    } finally {
      await lab.ip('device', `-6 address add ${DEVICE[6]}/64 dev eth1 nodad`);
    }
  });

  it('asks over TCP where an answer is truncated', async () => {
    const addresses = Array.from({ length: 60 }, (_, index) => `192.0.2.${index + 1}`);
    const server = await serve((_question, transport) =>
      transport === 'udp' ? truncated : { answers: addresses.map((address) => a(NAME, address)) },
    );
    const { addresses: resolved, traffic } = await asking();
    expect(resolved).toEqual(addresses);
    expect(server.questions).toEqual([`udp A ${NAME}`, `tcp A ${NAME}`]);
    expect(traffic.bytesReceived).toBeGreaterThan(60 * 16);
  });

  it('gets a truncated answer of a real name server', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'eve-uplink-dns-'));
    const confFile = join(folder, 'dnsmasq.conf');
    const pidFile = join(folder, 'dnsmasq.pid');
    const hosts = Array.from({ length: 50 }, (_, index) => `host-record=${NAME},192.0.2.${index + 1}`);
    await writeFile(
      confFile,
      [`listen-address=${SERVER[4]}`, 'bind-interfaces', 'no-resolv', 'no-hosts', 'user=root', ...hosts, ''].join('\n'),
    );
    await startDnsmasq({ confFile, pidFile, namespace: lab.isps.eth0 });
    try {
      expect((await asking()).addresses).toHaveLength(50);
      expect((await failure(asking({ hostName: 'other.example' }))).failure).not.toBe('silent');
    } finally {
      await stopDnsmasq(pidFile);
      await rm(folder, { recursive: true });
    }
  });

  it.each<[string, Script]>([
    ['fails', () => responseCode(2)],
    ['refuses', () => responseCode(5)],
    ['speaks no DNS', () => Buffer.from('SSH-2.0-OpenSSH')],
  ])('goes to the next server at once when one %s', async (_what, script) => {
    await serve(script);
    await serve(found, GATEWAY[4]);
    const begunMs = performance.now();
    expect(await asking({ servers: [SERVER[4], GATEWAY[4]] })).toMatchObject({ addresses: ['192.0.2.80'] });
    expect(performance.now() - begunMs).toBeLessThan(TIMEOUT_MS / 4);
  });

  it('goes to the next server at once where none listens, and after its part of the time where one is silent', async () => {
    await serve(found, GATEWAY[4]);
    let begunMs = performance.now();
    expect(await asking({ servers: [SERVER[4], GATEWAY[4]] })).toMatchObject({ addresses: ['192.0.2.80'] });
    expect(performance.now() - begunMs).toBeLessThan(TIMEOUT_MS / 4);
    begunMs = performance.now();
    expect(await asking({ servers: [SILENT[4], GATEWAY[4]], timeoutMs: 1_000 })).toMatchObject({
      addresses: ['192.0.2.80'],
    });
    expect(performance.now() - begunMs).toBeGreaterThan(200);
  });

  it('asks again: a lost datagram is no dead server', async () => {
    const server = await serve((question, transport, times) =>
      times === 1 ? undefined : found(question, transport, times),
    );
    expect(await asking({ timeoutMs: 1_000 })).toMatchObject({
      addresses: ['192.0.2.80'],
      traffic: { packetsSent: 2 },
    });
    expect(server.questions).toHaveLength(2);
  });

  it('takes a late answer of the first server too', async () => {
    const late = listenUdp({ namespace: lab.isps.eth0, address: SERVER[4], port: 53 });
    const real = await serve(found, GATEWAY[4]);
    real.script = () => undefined;
    late.on('message', (bytes, { address, port }) => {
      // Query and answer differ in the flag QR and the record that follows.
      const answer = Buffer.concat([bytes, Buffer.from('c00c00010001000000050004c0000250', 'hex')]);
      answer.writeUInt8(0x81, 2);
      answer.writeUInt16BE(1, 6);
      setTimeout(() => {
        late.send(answer, port, address);
      }, 500);
    });
    try {
      expect(await asking({ servers: [SERVER[4], GATEWAY[4]], timeoutMs: 1_600 })).toMatchObject({
        addresses: ['192.0.2.80'],
      });
      expect(real.questions.length).toBeGreaterThan(0);
    } finally {
      late.close();
    }
  });

  it('takes no answer from another sender, to another number or to another question', async () => {
    const forger = listenUdp({ namespace: lab.isps.eth0, address: GATEWAY[4], port: 53 });
    const victim = listenUdp({ namespace: lab.isps.eth0, address: SERVER[4], port: 53 });
    victim.on('message', (bytes, { address, port }) => {
      const forged = Buffer.concat([bytes, Buffer.from('c00c00010001000000050004c0000242', 'hex')]);
      forged.writeUInt8(0x81, 2);
      forged.writeUInt16BE(1, 6);
      forger.send(forged, port, address);
      const otherNumber = Buffer.from(forged);
      otherNumber.writeUInt16BE((forged.readUInt16BE(0) + 1) % 0x10000, 0);
      victim.send(otherNumber, port, address);
      const otherName = Buffer.from(forged);
      otherName.write('x', 13);
      victim.send(otherName, port, address);
    });
    try {
      const { failure: why, message } = await failure(asking({ timeoutMs: 500 }));
      expect(why).toBe('garbage');
      expect(message).toContain('answers what was not asked');
    } finally {
      forger.close();
      victim.close();
    }
  });

  it.each<[string, Script | undefined, Partial<ResolveOptions>, DnsFailure, RegExp]>([
    ['there is no such name', () => responseCode(3), {}, 'no-such-name', /there is no name ship\.example/],
    ['it has no address', () => ({}), {}, 'no-address', /no address of IPv4/],
    [
      'a filter blocks it',
      () => ({ answers: [a(NAME, '0.0.0.0')] }),
      {},
      'no-address',
      /blocked by the name server: it says 0\.0\.0\.0/,
    ],
    ['servers fail', () => responseCode(2), {}, 'server-failure', /198\.51\.100\.20 answers SERVFAIL/],
    ['servers speak no DNS', () => Buffer.from('?'), {}, 'garbage', /answers what is no DNS/],
    ['servers are silent', () => undefined, { timeoutMs: 300 }, 'silent', /198\.51\.100\.20 does not answer/],
    [
      'an answer is truncated, and TCP is silent',
      (_question, transport) => (transport === 'udp' ? truncated : undefined),
      { timeoutMs: 300 },
      'silent',
      /does not answer/,
    ],
    ['nobody serves names', undefined, {}, 'unreachable', /runs no name service/],
    ['a server is no address', undefined, { servers: ['localhost'] }, 'unreachable', /localhost is no IP address/],
    ['there are no servers', undefined, { servers: [] }, 'no-servers', /no name server is known for eth0/],
    ['it is no name', undefined, { hostName: 'a b' }, 'bad-name', /no host name/],
    ['a label is too long', undefined, { hostName: `${'a'.repeat(64)}.example` }, 'bad-name', /no host name/],
  ])('says so where %s', async (_what, script, more, want, message) => {
    if (script !== undefined) await serve(script);
    const error = await failure(asking(more));
    expect(error.failure).toBe(want);
    expect(error.message).toMatch(message);
  });

  it('tells that no socket can be opened from that the network is silent', async () => {
    expect(
      (
        await failure(
          resolve(lab.uplink('gone0'), { hostName: NAME, servers: [SERVER[4]], families: [4], timeoutMs: TIMEOUT_MS }),
        )
      ).failure,
    ).toBe('local');
  });

  it('ends at a word', async () => {
    const controller = new AbortController();
    const lookup = failure(asking({ servers: [SILENT[4]], signal: controller.signal }));
    setImmediate(() => {
      controller.abort();
    });
    expect((await lookup).failure).toBe('aborted');
    expect((await failure(asking({ signal: controller.signal }))).failure).toBe('aborted');
  });

  it('counts an answer that came while the event loop was busy', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'eve-uplink-dns-'));
    const [confFile, pidFile] = [join(folder, 'dnsmasq.conf'), join(folder, 'dnsmasq.pid')];
    await writeFile(
      confFile,
      [
        `listen-address=${SERVER[4]}`,
        'bind-interfaces',
        'no-resolv',
        'no-hosts',
        'user=root',
        `host-record=${NAME},192.0.2.80`,
        '',
      ].join('\n'),
    );
    await startDnsmasq({ confFile, pidFile, namespace: lab.isps.eth0 });
    try {
      const lookup = asking({ timeoutMs: 100 });
      await new Promise((resolvePromise) => setImmediate(resolvePromise));
      blockFor(400);
      expect(await lookup).toMatchObject({ addresses: ['192.0.2.80'] });
    } finally {
      await stopDnsmasq(pidFile);
      await rm(folder, { recursive: true });
    }
  });

  it('leaves nothing open after a thousand lookups, whatever came of them', async () => {
    await serve(
      (_question, _transport, times) =>
        [found(_question, _transport, times), responseCode(3), Buffer.from('?'), truncated][times % 4],
    );
    for (let round = 0; round < 20; round += 1) {
      await Promise.allSettled(Array.from({ length: 50 }, () => asking({ timeoutMs: 1_000 })));
    }
    await eventually(() => openFiles() <= filesBefore + started.length * 2);
  });
});
