import { createServer, type Server, type Socket } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';

import { askTcp, askUdp } from '../hosts/attempts.js';
import { startTcpEcho, startUdpEcho } from '../hosts/echo-servers.js';
import { waitUntil } from '../../lib/clock/index.js';
import { TcpSession } from './tcp-session.js';
import { UdpStream } from './udp-stream.js';

// Everything here is on loopback, each on an address of 127.0.0.0/8 of its own, so that no two tests meet.
const PORT = 7_007;

describe('a UDP stream', () => {
  it('knows of each packet that it was answered, and from where the server saw it come', async () => {
    const address = '127.77.0.1';
    const server = await startUdpEcho({ label: 'echo', address, port: PORT });
    const stream = await UdpStream.start({ address, port: PORT, intervalMs: 1 });
    try {
      expect(await waitUntil(() => stream.report().answered > 50, { timeoutMs: 5_000 })).toBe(true);
    } finally {
      const report = await stream.stop(50);
      server.close();
      expect(report).toMatchObject({ lost: 0, outages: [], errors: {} });
      expect(report.sources.map((source) => source.address)).toEqual(['127.0.0.1']);
    }
  });

  it('counts what nobody answers', async () => {
    const stream = await UdpStream.start({ address: '127.77.0.2', port: PORT, intervalMs: 1 });
    try {
      expect(await waitUntil(() => stream.report().lost > 10, { timeoutMs: 5_000 })).toBe(true);
      expect(stream.report()).toMatchObject({ answered: 0, sources: [] });
      expect(Object.keys(stream.report().errors)).toEqual(['ECONNREFUSED']);
    } finally {
      await stream.stop(0);
    }
  });
});

describe('a TCP session', () => {
  let server: Server | undefined;
  let session: TcpSession | undefined;
  const sockets = new Set<Socket>();

  afterEach(() => {
    session?.stop();
    for (const socket of sockets) socket.destroy();
    server?.close();
  });

  it('tells a reset from a give-up, and connects anew each time', async () => {
    const address = '127.77.0.3';
    let silent = false;
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.write(`test ${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}\n`);
      socket.on('data', (bytes) => {
        if (!silent) socket.write(bytes);
      });
    }).listen(PORT, address);
    session = TcpSession.start({ address, port: PORT, intervalMs: 5, giveUpMs: 200 });
    const watched = session;
    const echoes = (more: number): Promise<boolean> => {
      const goal = watched.report().echoedLines + more;
      return waitUntil(() => watched.report().echoedLines >= goal, { timeoutMs: 5_000 });
    };
    const broken = (count: number): Promise<boolean> =>
      waitUntil(() => watched.report().breaks.filter((each) => each.reconnectedMs !== undefined).length >= count, {
        timeoutMs: 5_000,
      });
    expect(await echoes(3)).toBe(true);
    for (const socket of sockets) socket.resetAndDestroy();
    expect(await broken(1)).toBe(true);
    expect(await echoes(3)).toBe(true);
    silent = true;
    expect(await waitUntil(() => watched.report().breaks.length >= 2, { timeoutMs: 5_000 })).toBe(true);
    silent = false;
    expect(await broken(2)).toBe(true);
    const [first, second] = watched.report().breaks;
    expect([first?.kind, first?.detail]).toEqual(['reset', 'ECONNRESET']);
    expect(second?.kind).toBe('gave-up');
    expect(second?.sourceAfter).toBe('127.0.0.1');
    expect(watched.report().source).toBe('127.0.0.1');
  });
});

describe('attempts', () => {
  const address = '127.77.0.4';

  it('answer what was said, or why there is no answer', async () => {
    const servers = [
      await startUdpEcho({ label: 'udp', address, port: PORT }),
      await startTcpEcho({ label: 'tcp', address, port: PORT }),
    ];
    const timeoutMs = 2_000;
    expect(await askUdp({ address, port: PORT, timeoutMs })).toMatchObject({ kind: 'answered' });
    expect(await askTcp({ address, port: PORT, timeoutMs })).toMatchObject({ kind: 'answered' });
    for (const server of servers) server.close();
    const nobody = '127.77.0.5';
    expect(await askUdp({ address: nobody, port: PORT, timeoutMs })).toMatchObject({
      kind: 'failed',
      error: 'ECONNREFUSED',
    });
    expect(await askTcp({ address: nobody, port: PORT, timeoutMs })).toMatchObject({
      kind: 'failed',
      error: 'ECONNREFUSED',
    });
  });
});
