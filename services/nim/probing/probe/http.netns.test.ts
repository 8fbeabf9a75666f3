import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../../../../lib/clock/testing/eventually.js';
import { issueServerCertificate, type ServerCertificate } from '../../../../lab/hosts/certificates.js';
import { proxyServer } from '../../../../lab/hosts/proxy-server.js';
import { connectTcp } from '../../../../lib/uplink-socket/index.js';
import { listen } from '../../../../lib/uplink-socket/testing/listen.js';
import { blockFor, openFiles, pendingTimers } from '../../../../lib/uplink-socket/testing/patience.js';
import { DEVICE, GATEWAY, SERVER, TwoUplinks } from '../../../../lib/uplink-socket/testing/two-uplinks.js';
import { systemClock } from '../../../../lib/clock/index.js';
import type { FailureKind } from '../../../../lib/decision/health/index.js';
import { controllerPingTarget, DnsCache, probe, TlsClient, type ProbePort, type ProbeResult } from './index.js';
import { targetOf } from './testing/target.js';

const NAME = 'controller.example';
const TIMEOUT_MS = 5_000;
const DAY_MS = 86_400_000;
const NOW_MS = Date.now();

let lab: TwoUplinks;
let genuine: ServerCertificate;
let tls: TlsClient;
const servers: Server[] = [];

beforeAll(async () => {
  lab = await TwoUplinks.create();
  genuine = issueServerCertificate([NAME], [SERVER[4]], NOW_MS);
});

beforeEach(() => {
  tls = new TlsClient(genuine.certificateAuthority);
});

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

afterAll(async () => {
  await (lab as TwoUplinks | undefined)?.remove();
});

const port = (interfaceName = 'eth0'): ProbePort => ({
  ...lab.uplink(interfaceName),
  dnsServers: [],
  gateways: [GATEWAY[4]],
  families: [4],
});

/** The controller's name without a name server: a cache that knows it. */
const dns = (): DnsCache =>
  new DnsCache(systemClock, () => Promise.resolve({ addresses: [SERVER[4]], ttlMs: 60_000, traffic: nothing }));
const nothing = { bytesSent: 0, bytesReceived: 0, packetsSent: 0, packetsReceived: 0 };

const ask = (
  target: string,
  over = port(),
  more: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<ProbeResult> => probe(over, targetOf(target), { timeoutMs: TIMEOUT_MS, dns: dns(), tls, ...more });

async function serve(server: Server, portNumber: number, isp: 'eth0' | 'eth1' = 'eth0'): Promise<void> {
  servers.push(await listen(server, { namespace: lab.isps[isp], address: SERVER[4], port: portNumber }));
}

const https = (certificate: ServerCertificate, handler: RequestListener, more = {}): Server =>
  createHttpsServer({ cert: certificate.certificate, key: certificate.key, ...more }, handler);

const ok: RequestListener = (_request, response) => response.end();

/** Lets a server that speaks no HTTP at all do something with each connection. */
const raw = (accept: (socket: Socket) => void): Server =>
  createServer((socket) => {
    socket.on('error', () => undefined);
    // Reads, so that it hears of the end.
    socket.resume();
    accept(socket);
  });

describe('the ping of a controller', () => {
  it('is one small GET over verified TLS, from the port it is bound to', async () => {
    const seen: unknown[] = [];
    for (const isp of ['eth0', 'eth1'] as const) {
      await serve(
        https(genuine, ({ method, url, rawHeaders, socket }, response) => {
          seen.push([isp, socket.remoteAddress, method, url, rawHeaders]);
          response.end();
        }),
        443,
        isp,
      );
    }
    const parsed = controllerPingTarget(`https://${NAME}/`);
    if (parsed.kind === 'invalid') throw new Error(parsed.problem);
    const result = await probe(port('eth1'), parsed.target, { timeoutMs: TIMEOUT_MS, dns: dns(), tls });
    expect(result).toMatchObject({ kind: 'answered' });
    const headers = ['Host', NAME, 'User-Agent', 'eve-uplink', 'Connection', 'close'];
    expect(seen).toEqual([['eth1', DEVICE[4], 'GET', '/api/v2/edgedevice/ping', headers]]);
  });

  it.each<[string, RequestListener]>([
    ['404', (_request, response) => response.writeHead(404).end()],
    ['500', (_request, response) => response.writeHead(500).end()],
    ['511', (_request, response) => response.writeHead(511).end()],
    [
      'a redirect elsewhere',
      (_request, response) => response.writeHead(302, { location: 'https://login.example/' }).end(),
    ],
    [
      'an upgrade',
      (request) =>
        request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    ],
  ])('counts where the answer is %s, for TLS says who gave it', async (_what, handler) => {
    await serve(https(genuine, handler), 443);
    expect(await ask(`https://${NAME}/`)).toMatchObject({ kind: 'answered' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('resumes its session for fewer bytes, %s', async (version) => {
    const resumed: boolean[] = [];
    await serve(https(genuine, ok, { minVersion: version, maxVersion: version }), 443);
    servers[0]?.on('secureConnection', (socket: TLSSocket) => resumed.push(socket.isSessionReused()));
    const [first, second, other] = [
      await ask(`https://${NAME}/`),
      await ask(`https://${NAME}/x`),
      await ask(`https://${SERVER[4]}/`),
    ];
    expect([first.kind, second.kind, other.kind]).toEqual(['answered', 'answered', 'answered']);
    expect(resumed).toEqual([false, true, false]);
    expect(second.bytes).toBeLessThan(0.9 * first.bytes);
    expect(tls.sessions).toBe(2);
  });

  it('counts what the ISP counts', async () => {
    await serve(https(genuine, ok), 443);
    const chain = (direction: string, end: string): string =>
      `counter ${direction} { }\nchain ${direction} {\ntype filter hook ${direction} priority 0\ntcp ${end}port 443 counter name ${direction}\n}`;
    await lab.nft('eth0', `table inet t {\n${chain('input', 'd')}\n${chain('output', 's')}\n}\n`);
    try {
      const { bytes } = await ask(`https://${NAME}/`);
      const counted = (await lab.counted('eth0', 'input')).bytes + (await lab.counted('eth0', 'output')).bytes;
      // The kernel counts the end of a stream as a byte; and the server may have sent it before it heard of the reset.
      expect(counted - bytes).toBeGreaterThanOrEqual(-1);
      expect(counted - bytes).toBeLessThanOrEqual(2 * 52);
    } finally {
      await lab.nft('eth0', 'delete table inet t');
    }
  });

  const portal = issueServerCertificate(['login.hotel.example'], [], NOW_MS);

  it.each<[string, () => ServerCertificate, RegExp]>([
    [
      'a portal with its own',
      () => portal,
      /controller\.example shows a certificate of login\.hotel\.example, issued by eve-uplink lab authority: of an authority that is not trusted here/,
    ],
    ['one that has expired', () => sameIssuer(NOW_MS - 30 * DAY_MS), /expired \(valid from .* the clock here says/],
    [
      'one that is not valid yet',
      () => sameIssuer(NOW_MS + 30 * DAY_MS),
      /not yet valid \(valid from .* the clock here says/,
    ],
  ])('tells whose certificate it met: %s', async (_what, certificate, detail) => {
    const shown = certificate();
    if (shown !== portal) tls = new TlsClient(shown.certificateAuthority);
    let requests = 0;
    await serve(
      https(shown, () => (requests += 1)),
      443,
    );
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await ask(`https://${NAME}/`)).toMatchObject({
        kind: 'failed',
        failure: 'tls',
        detail: expect.stringMatching(detail),
      });
    }
    // Nothing is said to a stranger, and no session of his is kept.
    expect([requests, tls.sessions]).toEqual([0, 0]);
  });

  it('tells a certificate of the right authority for another name', async () => {
    const other = issueServerCertificate(['other.example', 'b.example'], [], NOW_MS);
    tls = new TlsClient(other.certificateAuthority);
    await serve(https(other, ok), 443);
    expect(await ask(`https://${NAME}/`)).toMatchObject({
      failure: 'tls',
      detail: expect.stringContaining('of other.example, b.example'),
    });
    expect(tls.sessions).toBe(0);
  });

  it('trusts nobody but the machine where no authority is given', async () => {
    tls = new TlsClient();
    await serve(https(genuine, ok), 443);
    expect(await ask(`https://${NAME}/`)).toMatchObject({ kind: 'failed', failure: 'tls' });
  });

  it('wants no login of its own: a server that asks for a client certificate', async () => {
    await serve(https(genuine, ok, { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' }), 443);
    expect(await ask(`https://${NAME}/`)).toMatchObject({
      kind: 'failed',
      failure: expect.stringMatching(/^(tls|reset)$/),
    });
  });

  const sameIssuer = (atMs: number): ServerCertificate => issueServerCertificate([NAME], [], atMs);
});

describe('https', () => {
  it.each<[string, FailureKind, Server, RegExp]>([
    ['speaks plain HTTP', 'tls', createHttpServer(ok), /does not speak TLS/],
    ['keeps silent', 'timeout', raw(() => undefined), /TLS handshake with controller\.example: no answer within/],
    ['closes at once', 'reset', raw((socket) => socket.end()), /ended the connection/],
    ['resets', 'reset', raw((socket) => socket.once('data', () => socket.resetAndDestroy())), /ended the connection/],
  ])('to a server that %s fails as %s', async (_what, failure, server, detail) => {
    await serve(server, 443);
    const result = await ask(`https://${NAME}/`, port(), failure === 'timeout' ? { timeoutMs: 300 } : {});
    expect(result).toMatchObject({ kind: 'failed', failure, detail: expect.stringMatching(detail) });
  });
});

describe('http', () => {
  const answer = (text: string): Server => raw((socket) => socket.once('data', () => socket.write(text)));
  const redirect = (location: string): Server =>
    createHttpServer((_request, response) => response.writeHead(302, { location }).end());

  it.each<[string, Server]>([
    ['200', createHttpServer(ok)],
    ['404', createHttpServer((_request, response) => response.writeHead(404).end())],
    ['a redirect to itself', redirect('/elsewhere')],
    ['a redirect to its own TLS', redirect(`https://${NAME}/`)],
    ['a redirect nowhere', createHttpServer((_request, response) => response.writeHead(304).end())],
    [
      'header first, and then never a body',
      raw((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n')),
    ],
  ])('counts: %s', async (_what, server) => {
    await serve(server, 80);
    expect(await ask(`http://${NAME}/`)).toMatchObject({ kind: 'answered' });
  });

  it.each<[string, FailureKind, Server, RegExp]>([
    [
      'a portal redirects',
      'portal',
      redirect('https://login.hotel.example/?for=you'),
      /redirected to login\.hotel\.example/,
    ],
    ['a portal redirects to garbage', 'portal', redirect('http://['), /redirected to "http:\/\/\["/],
    ['a portal says so', 'portal', createHttpServer((_request, response) => response.writeHead(511).end()), /login/],
    ['it speaks something else', 'http', answer('SSH-2.0-OpenSSH_9.2\r\n'), /answers what is no HTTP/],
    [
      'its header has no end',
      'http',
      raw((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`)),
      /answers what is no HTTP/,
    ],
    ['it keeps silent', 'timeout', raw(() => undefined), /asking controller\.example: no answer within/],
    ['it closes at once', 'reset', raw((socket) => socket.end()), /ended the connection/],
    [
      'it resets',
      'reset',
      raw((socket) => socket.once('data', () => socket.resetAndDestroy())),
      /ended the connection/,
    ],
  ])('fails where %s', async (_what, failure, server, detail) => {
    await serve(server, 80);
    const result = await ask(`http://${NAME}/`, port(), failure === 'timeout' ? { timeoutMs: 300 } : {});
    expect(result).toMatchObject({ kind: 'failed', failure, detail: expect.stringMatching(detail) });
  });

  it('does not read a body that has no end', async () => {
    const megabyte = Buffer.alloc(1_000_000);
    await serve(
      createHttpServer((_request, response) => {
        const more = (): void => {
          while (response.write(megabyte));
        };
        response.on('drain', more);
        more();
      }),
      80,
    );
    const result = await ask(`http://${NAME}/`);
    expect(result).toMatchObject({ kind: 'answered' });
    // What the first windows of a connection let through on a link without delay.
    expect(result.bytes).toBeLessThan(500_000);
  });
});

describe('an event loop that was busy', () => {
  const program = `
    const server = require('node:https').createServer({ cert: process.env.CERTIFICATE, key: process.env.KEY }, (_, response) => setTimeout(() => response.end(), 100));
    server.listen(443, '${SERVER[4]}', () => console.log('listening'));
    process.stdin.resume().on('end', () => process.exit());`;

  it('fails no probe whose server answers: there are three steps yet to come when it comes back', async () => {
    const child = spawn('ip', ['netns', 'exec', lab.isps.eth0, process.execPath, '-e', program], {
      env: { ...process.env, CERTIFICATE: genuine.certificate, KEY: genuine.key },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      await ask(`https://${NAME}/`);
      const result = ask(`https://${NAME}/`, port(), { timeoutMs: 300 });
      await new Promise((resolve) => setImmediate(resolve));
      blockFor(900);
      expect(await result).toMatchObject({ kind: 'answered' });
    } finally {
      child.stdin.end();
      await once(child, 'exit');
    }
  });
});

describe('many probes', () => {
  it('leave nothing open, whatever came of them', async () => {
    await serve(https(genuine, ok), 443);
    await serve(
      raw((socket) => socket.end()),
      80,
    );
    await serve(
      raw(() => undefined),
      81,
    );
    await ask(`https://${NAME}/`);
    const [before, timersBefore] = [openFiles(), pendingTimers()];
    const targets = ['https', 'http', 'http'].map((scheme, index) => `${scheme}://${NAME}${index === 2 ? ':81' : ''}/`);
    const kinds = new Set<string>();
    for (let round = 0; round < 25; round += 1) {
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          ask(targets[index % 3] ?? '', port(), { timeoutMs: index % 3 === 2 ? 50 : TIMEOUT_MS }),
        ),
      );
      for (const result of results) kinds.add(result.kind === 'answered' ? 'answered' : result.failure);
    }
    expect([...kinds].sort()).toEqual(['answered', 'reset', 'timeout']);
    await eventually(() => openFiles() <= before && pendingTimers() <= timersBefore);
  });

  it('end together at a word', async () => {
    await serve(
      raw(() => undefined),
      81,
    );
    const before = openFiles();
    const controller = new AbortController();
    const results = Array.from({ length: 200 }, () =>
      ask(`http://${NAME}:81/`, port(), { timeoutMs: 60_000, signal: controller.signal }),
    );
    await eventually(() => openFiles() >= before + 200);
    controller.abort();
    for (const result of await Promise.all(results)) expect(result).toMatchObject({ kind: 'failed', failure: 'local' });
    await eventually(() => openFiles() <= before);
  });
});

describe('a target by the proxy of the port', () => {
  const PROXY = 3128;
  const TARGET = `https://${NAME}:8444/ping`;
  const overProxy = (more: Partial<ProbePort> = {}): ProbePort => {
    const proxy = { host: SERVER[4], port: PROXY };
    return { ...port(), proxies: { http: proxy, https: proxy, exceptions: [], certificateAuthorities: [] }, ...more };
  };
  /** What the proxy was asked for. */
  const lines: string[] = [];

  async function serveProxy(answering: number): Promise<void> {
    lines.length = 0;
    const lead = (_host: string, portNumber: number) =>
      connectTcp(
        { interfaceName: 'lo', namespace: lab.isps.eth0 },
        { address: SERVER[4], port: portNumber, timeoutMs: TIMEOUT_MS },
      );
    const honest = proxyServer(lead, (line) => lines.push(line));
    const refusing = createHttpServer((_request, response) => response.writeHead(answering).end());
    refusing.on('connect', (_request, socket) => {
      socket.on('error', () => undefined);
      socket.end(`HTTP/1.1 ${answering} No\r\n\r\n`);
    });
    await serve(answering === 200 ? honest : refusing, PROXY);
  }

  it('has to prove itself through it, and is named to it alone', async () => {
    await serveProxy(200);
    await serve(https(genuine, ok), 8444);
    expect(await ask(TARGET, overProxy())).toMatchObject({ kind: 'answered', address: SERVER[4] });
    expect(lines).toEqual([`CONNECT ${NAME}:8444`]);
  });

  it('is none where somebody else shows a certificate there', async () => {
    await serveProxy(200);
    await serve(https(issueServerCertificate([NAME], [SERVER[4]], NOW_MS), ok), 8444);
    expect(await ask(TARGET, overProxy())).toMatchObject({ kind: 'failed', failure: 'tls' });
  });

  it('is asked for by its whole URL over plain HTTP', async () => {
    await serveProxy(200);
    await serve(createHttpServer(ok), 8081);
    expect(await ask(`http://${NAME}:8081/ping?x=1`, overProxy())).toMatchObject({ kind: 'answered' });
    expect(lines).toEqual([`GET http://${NAME}:8081/ping?x=1`]);
  });

  it.each<[number, string, string]>([
    [407, TARGET, 'the proxy wants a login'],
    [407, `http://${NAME}/`, 'the proxy wants a login'],
    [502, TARGET, 'the proxy cannot reach the server (502)'],
    [504, `http://${NAME}/`, 'the proxy cannot reach the server (504)'],
    [403, TARGET, `the proxy refuses to lead on to ${NAME}:8444 (403)`],
  ])('fails where the proxy says %s: %s', async (answering, target, words) => {
    await serveProxy(answering);
    expect(await ask(target, overProxy())).toMatchObject({
      ...{ kind: 'failed', failure: 'http', silent: false },
      detail: expect.stringContaining(words) as unknown,
    });
  });

  it('fails in words where the proxy speaks no HTTP, and where it is none', async () => {
    await serve(
      raw((socket) => socket.end('SSH-2.0-x\r\n\r\n')),
      PROXY,
    );
    expect(await ask(TARGET, overProxy())).toMatchObject({ failure: 'http', detail: 'the proxy speaks no HTTP' });
    for (const server of servers.splice(0)) server.close();
    expect(await ask(TARGET, overProxy())).toMatchObject({ kind: 'failed', failure: 'refused' });
  });

  it('is given up in time, and leaves nothing open', async () => {
    await serve(
      raw(() => undefined),
      PROXY,
    );
    const before = openFiles();
    expect(await ask(TARGET, overProxy(), { timeoutMs: 300 })).toMatchObject({ kind: 'failed', failure: 'timeout' });
    await eventually(() => openFiles() <= before);
  });

  it('is asked straight where it is no HTTP', async () => {
    await serve(
      raw(() => undefined),
      8022,
    );
    expect(await ask(`tcp://${SERVER[4]}:8022`, overProxy())).toMatchObject({ kind: 'answered' });
  });
});
