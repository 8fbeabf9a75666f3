import { createHook } from 'node:async_hooks';
import { createServer, type Server } from 'node:net';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { eventually } from '../../../../lib/clock/testing/eventually.js';
import { permitPing } from '../../../../lib/uplink-socket/index.js';
import { listen } from '../../../../lib/uplink-socket/testing/listen.js';
import { a, aaaa, NameServer, responseCode, type Script } from '../../../../lib/uplink-socket/testing/name-server.js';
import { blockFor, openFiles, pendingTimers } from '../../../../lib/uplink-socket/testing/patience.js';
import {
  DEVICE,
  GATEWAY,
  SERVER,
  SILENT,
  TwoUplinks,
  UNREACHABLE,
} from '../../../../lib/uplink-socket/testing/two-uplinks.js';
import { systemClock } from '../../../../lib/clock/index.js';
import type { FailureKind } from '../../../../lib/decision/health/index.js';
import { hostText } from '../../../../lib/configuration/index.js';
import { DnsCache, pingGateway, probe, keepalive, TlsClient, type ProbePort, type ProbeResult } from './index.js';
import { targetOf } from './testing/target.js';

const NAME = 'ship.example';
const TIMEOUT_MS = 5_000;
const families = [4, 6] as const;
const tls = new TlsClient();

let lab: TwoUplinks;
const servers: { close: () => void }[] = [];
const seen: string[] = [];

beforeAll(async () => {
  lab = await TwoUplinks.create();
  await permitPing({ info: () => undefined }, { namespace: lab.device });
});

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  seen.length = 0;
});

afterAll(async () => {
  await (lab as TwoUplinks | undefined)?.remove();
});

const port = (interfaceName = 'eth0', more: Partial<ProbePort> = {}): ProbePort => ({
  ...lab.uplink(interfaceName),
  dnsServers: [SERVER[4]],
  gateways: [GATEWAY[4], GATEWAY[6]],
  families: [4],
  ...more,
});

const ask = (target: string, over = port(), more: { timeoutMs?: number; dns?: DnsCache } = {}): Promise<ProbeResult> =>
  probe(over, targetOf(target), { timeoutMs: TIMEOUT_MS, dns: new DnsCache(systemClock), tls, ...more });

/** Accepts, and notes who came by which ISP. */
async function serveTcp(isp: 'eth0' | 'eth1' = 'eth0', address: string = SERVER[4]): Promise<Server> {
  const server = createServer((socket) => {
    seen.push(`${isp} ${socket.remoteAddress ?? ''}`);
    socket.on('error', () => undefined);
    socket.resume();
  });
  servers.push(await listen(server, { namespace: lab.isps[isp], address, port: 7000 }));
  return server;
}

async function serveNames(script: Script, isp: 'eth0' | 'eth1' = 'eth0'): Promise<NameServer> {
  const server = await NameServer.start({ namespace: lab.isps[isp], address: SERVER[4] }, script);
  servers.push(server);
  return server;
}

const bracketed = (address: string): string =>
  hostText({ kind: 'address', family: address.includes(':') ? 6 : 4, address });

describe('probe', () => {
  it.each(families)('by tcp reaches the host behind its own port, IPv%d, and ends in one packet', async (family) => {
    await serveTcp('eth0', SERVER[family]);
    await serveTcp('eth1', SERVER[family]);
    const result = await ask(`tcp://${bracketed(SERVER[family])}:7000`, port('eth1'));
    expect(result).toMatchObject({ kind: 'answered', bytes: family === 4 ? 60 + 60 + 52 + 52 : 80 + 80 + 72 + 72 });
    await eventually(() => seen.length > 0);
    expect(seen).toEqual([`eth1 ${DEVICE[family]}`]);
  });

  it.each(families)('by icmp is answered, IPv%d', async (family) => {
    const result = await ask(bracketed(SERVER[family]));
    expect(result).toMatchObject({ kind: 'answered', bytes: family === 4 ? 56 : 96 });
  });

  it('looks names up over its own port, once while the answer holds, and counts that', async () => {
    await serveTcp('eth0');
    await serveTcp('eth1');
    await serveNames(() => Buffer.from('broken'));
    const names = await serveNames(({ name }) => ({ answers: [a(name, SERVER[4])] }), 'eth1');
    const dns = new DnsCache(systemClock);
    const first = await ask(`tcp://${NAME}:7000`, port('eth1'), { dns });
    const second = await ask(`tcp://${NAME}:7000`, port('eth1'), { dns });
    expect([first.kind, second.kind]).toEqual(['answered', 'answered']);
    expect(first.bytes - second.bytes).toBe(28 + 30 + 28 + 46 + 12);
    expect(names.questions).toEqual([`udp A ${NAME}`]);
    await eventually(() => seen.length === 2);
    expect(seen).toEqual(Array(2).fill(`eth1 ${DEVICE[4]}`));
  });

  it('tries the next address where the first does not answer', async () => {
    await serveTcp();
    await serveNames(({ name }) => ({ answers: [a(name, SILENT[4]), a(name, SERVER[4])] }));
    const reached = { kind: 'answered', address: SERVER[4] };
    expect(await ask(`tcp://${NAME}:7000`, port(), { timeoutMs: 1_000 })).toMatchObject(reached);
    expect(await ask(NAME, port(), { timeoutMs: 1_000 })).toMatchObject(reached);
  });

  it('asks for the families that the port has', async () => {
    const names = await serveNames(({ name, type }) => ({
      answers: [type === 'A' ? a(name, SERVER[4]) : aaaa(name, SERVER[6])],
    }));
    expect(await ask(NAME, port('eth0', { families: [6] }))).toMatchObject({
      kind: 'answered',
      bytes: 28 + 30 + 28 + 46 + 24 + 96,
    });
    expect(names.questions).toEqual([`udp AAAA ${NAME}`]);
  });

  it.each<[string, FailureKind, RegExp, string, Partial<ProbePort>]>([
    ['nobody listens', 'refused', /198\.51\.100\.20:7001 over eth0: refused/, `tcp://${SERVER[4]}:7001`, {}],
    ['nobody answers', 'timeout', /no answer within 300 ms/, `tcp://${SILENT[4]}:7000`, {}],
    ['nobody answers pings', 'timeout', /no answer within 300 ms/, SILENT[4], {}],
    ['a router knows no way', 'unreachable', /host unreachable/, UNREACHABLE[4], {}],
    ['a router knows no way, IPv6', 'unreachable', /unreachable/, UNREACHABLE[6], {}],
    ['a host of the link is not there, and the gateway is', 'timeout', /no answer/, '192.0.2.66', {}],
    ['the interface is gone', 'local', /there is no interface "gone0"/, SERVER[4], { interfaceName: 'gone0' }],
    ['no name server is known', 'dns', /no name server is known for eth0/, NAME, { dnsServers: [] }],
    ['the name server is silent', 'dns', /198\.18\.0\.9 does not answer/, NAME, { dnsServers: [SILENT[4]] }],
  ])('where %s fails as %s', async (_what, failure, detail, target, more) => {
    // The gateway is known to the kernel, so that a fault is not taken for its silence.
    await keepalive(port(), GATEWAY[4], { kind: 'icmp', dataBytes: 0 }, { timeoutMs: TIMEOUT_MS });
    expect(await ask(target, port('eth0', more), { timeoutMs: 300 })).toMatchObject({
      kind: 'failed',
      failure,
      detail: expect.stringMatching(detail),
    });
  });

  it.each<[string, Script, RegExp]>([
    ['there is no such name', () => responseCode(3), /there is no name ship\.example/],
    ['the name server fails', () => responseCode(2), /answers SERVFAIL/],
    ['the name server speaks something else', () => Buffer.from('?'), /answers what is no DNS/],
    ['the name is blocked', ({ name }) => ({ answers: [a(name, '0.0.0.0')] }), /blocked by the name server/],
  ])('where %s fails as dns', async (_what, script, detail) => {
    await serveNames(script);
    const result = await ask(`https://${NAME}/`);
    expect(result).toMatchObject({ kind: 'failed', failure: 'dns', detail: expect.stringMatching(detail) });
    expect(result.bytes).toBeGreaterThan(0);
  });

  it('says so where pings are not permitted', async () => {
    const result = await ask(SERVER[4], {
      interfaceName: 'lo',
      namespace: lab.isps.eth1,
      dnsServers: [],
      gateways: [],
      families: [4],
    });
    expect(result).toMatchObject({
      kind: 'failed',
      failure: 'local',
      detail: expect.stringContaining('ping_group_range'),
    });
  });

  it('counts an answer that came while the event loop was busy', async () => {
    await serveTcp();
    for (const target of [SERVER[4], `tcp://${SERVER[4]}:7000`]) {
      const result = ask(target, port(), { timeoutMs: 100 });
      await new Promise((resolve) => setImmediate(resolve));
      blockFor(400);
      expect(await result).toMatchObject({ kind: 'answered' });
    }
  });

  it('takes no thread of the pool, whatever it does', async () => {
    await serveNames(({ name }) => ({ answers: [a(name, SERVER[4])] }));
    await serveTcp();
    const types = new Set<string>();
    const hook = createHook({
      init: (_id, type) => {
        types.add(type);
      },
    });
    hook.enable();
    const targets = [NAME, `tcp://${NAME}:7000`, `http://${NAME}:7000/`, `https://${NAME}:7000/`, SILENT[4]];
    const results = await Promise.all(targets.map((target) => ask(target, port(), { timeoutMs: 300 })));
    hook.disable();
    expect(results.map((result) => (result.kind === 'answered' ? 'answered' : result.failure))).toEqual([
      'answered',
      'answered',
      ...Array<string>(3).fill('timeout'),
    ]);
    expect([...types]).toEqual(expect.arrayContaining(['UDPWRAP', 'TCPCONNECTWRAP', 'TLSWRAP']));
    expect(
      [...types].filter((type) => /^(FSREQ|GETADDRINFO|GETNAMEINFO|QUERYWRAP|RANDOMBYTES|WORKER)/.test(type)),
    ).toEqual([]);
  });
});

describe('keepalive', () => {
  it('by icmp costs 56 bytes', async () => {
    expect(await keepalive(port(), SERVER[4], { kind: 'icmp', dataBytes: 0 }, { timeoutMs: TIMEOUT_MS })).toMatchObject(
      {
        kind: 'answered',
        bytes: 56,
      },
    );
  });

  it('by tcp takes an acceptance for a sign of life, and a refusal for none: anybody may give it', async () => {
    await serveTcp();
    expect(await keepalive(port(), SERVER[4], { kind: 'tcp', port: 7000 }, { timeoutMs: TIMEOUT_MS })).toMatchObject({
      kind: 'answered',
      bytes: 224,
    });
    expect(await keepalive(port(), SERVER[4], { kind: 'tcp', port: 7001 }, { timeoutMs: TIMEOUT_MS })).toMatchObject({
      ...{ kind: 'failed', failure: 'refused', silent: false },
      bytes: 100,
    });
  });

  it.each([
    { kind: 'icmp', dataBytes: 0 },
    { kind: 'tcp', port: 7000 },
  ] as const)('by $kind fails where nothing comes back', async (method) => {
    expect(await keepalive(port(), SILENT[4], method, { timeoutMs: 100 })).toMatchObject({
      kind: 'failed',
      failure: 'timeout',
    });
    expect(await keepalive(port(), UNREACHABLE[4], method, { timeoutMs: TIMEOUT_MS })).toMatchObject({
      kind: 'failed',
      failure: 'unreachable',
    });
  });
});

describe('a silent gateway', () => {
  it('is told from one that only does not answer pings', async () => {
    expect(await pingGateway(port(), GATEWAY[4], { timeoutMs: TIMEOUT_MS })).toMatchObject({
      kind: 'answered',
      bytes: 56,
    });
    await lab.nft(
      'eth0',
      'table inet t {\nchain c {\ntype filter hook input priority 0\nicmp type echo-request drop\n}\n}\n',
    );
    try {
      expect(await pingGateway(port(), GATEWAY[4], { timeoutMs: 200 })).toMatchObject({
        kind: 'failed',
        failure: 'timeout',
      });
    } finally {
      await lab.nft('eth0', 'delete table inet t');
    }
  });

  it('is to blame for what does not come back', async () => {
    await lab.ip('eth0', 'link set customer arp off');
    await lab.ip('device', 'neigh flush all');
    try {
      const detail = `gateway ${GATEWAY[4]} does not answer on eth0`;
      for (const target of [SERVER[4], `tcp://${SERVER[4]}:7000`, `https://${NAME}/`]) {
        expect(await ask(target, port(), { timeoutMs: 300 })).toMatchObject({
          kind: 'failed',
          failure: 'no-gateway',
          detail,
        });
      }
      expect(await pingGateway(port(), GATEWAY[4], { timeoutMs: 200 })).toMatchObject({
        failure: 'no-gateway',
        detail,
      });
      // The kernel gives up after three questions, a second each.
      expect(await pingGateway(port(), GATEWAY[4], { timeoutMs: 10_000 })).toMatchObject({
        failure: 'no-gateway',
        detail,
      });
    } finally {
      await lab.ip('eth0', 'link set customer arp on');
      await lab.ip('device', 'neigh flush all');
    }
  });

  it('is told where there is none', async () => {
    for (const family of families) await lab.ip('device', `-${family} route del default table 501`);
    try {
      const bare = port('eth0', { gateways: [] });
      // The kernel then asks for the host itself on the link.
      expect(await ask(SILENT[4], bare, { timeoutMs: 300 })).toMatchObject({
        failure: 'no-gateway',
        detail: expect.stringContaining('has no gateway'),
      });
      expect(await ask(`tcp://[${SERVER[6]}]:7000`, bare)).toMatchObject({
        failure: 'no-gateway',
        detail: expect.stringContaining('there is no route'),
      });
      expect(await ask(bracketed(SERVER[6]), bare)).toMatchObject({
        failure: 'no-gateway',
        detail: expect.stringContaining('there is no route'),
      });
    } finally {
      for (const family of families) {
        await lab.ip('device', `-${family} route add default via ${GATEWAY[family]} dev eth0 table 501 onlink`);
      }
    }
  });
});

// Last: a router says only once a second that it knows no way.
describe('many probes', () => {
  it('leaves nothing behind after thousands', async () => {
    await serveTcp();
    await serveNames(({ name }) => ({ answers: [a(name, SERVER[4])] }));
    const dns = new DnsCache(systemClock);
    const targets = [
      SERVER[4],
      `tcp://${SERVER[4]}:7000`,
      `tcp://${SERVER[4]}:7001`,
      `tcp://${NAME}:7000`,
      UNREACHABLE[4],
      SILENT[4],
    ];
    await Promise.all(targets.map((target) => ask(target, port(), { dns, timeoutMs: 50 })));
    const [before, timersBefore] = [openFiles(), pendingTimers()];
    for (let round = 0; round < 50; round += 1) {
      await Promise.all(
        targets.flatMap((target) => Array.from({ length: 10 }, () => ask(target, port(), { dns, timeoutMs: 50 }))),
      );
    }
    await eventually(() => openFiles() <= before && pendingTimers() <= timersBefore);
    expect(dns.size).toBe(1);
  });
});
