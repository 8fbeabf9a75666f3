import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readSysctl, writeSysctl } from 'iproute-exec';

import { eventually } from '../clock/testing/eventually.js';
import { neighbourState, openPing, permitPing, type PingSocket } from './index.js';
import { blockFor, openFiles, socketFailure } from './testing/patience.js';
import { GATEWAY, LINK, SERVER, SILENT, TwoUplinks, UNREACHABLE } from './testing/two-uplinks.js';

const RANGE = ['net', 'ipv4', 'ping_group_range'];
const families = [4, 6] as const;
const TIMEOUT_MS = 5_000;

let lab: TwoUplinks;
const logged: string[] = [];
const logger = {
  info: (details: object, message: string) => {
    logged.push(`${message} ${JSON.stringify(details)}`);
  },
};

beforeAll(async () => {
  lab = await TwoUplinks.create();
});

afterAll(async () => {
  await (lab as TwoUplinks | undefined)?.remove();
});

/** Runs something with a ping socket, and closes it. */
async function pinging<T>(port: string, family: 4 | 6, run: (socket: PingSocket) => Promise<T>): Promise<T> {
  const socket = openPing(lab.uplink(port), family);
  try {
    return await run(socket);
  } finally {
    socket.close();
  }
}

describe('permitPing', () => {
  const range = (): Promise<string> => readSysctl(RANGE, { namespace: lab.device });

  it('is needed in a fresh namespace, and openPing says so', async () => {
    await writeSysctl(RANGE, '1 0', { namespace: lab.device });
    const before = openFiles();
    expect(() => openPing(lab.uplink('eth0'), 4)).toThrow(/ping_group_range/);
    expect(openFiles()).toBe(before);
  });

  it.each([
    ['1 0', '0\t0'],
    ['100 200', '0\t200'],
  ])('widens %s to %s, once, and says so', async (before, after) => {
    await writeSysctl(RANGE, before, { namespace: lab.device });
    logged.length = 0;
    expect(await permitPing(logger, { namespace: lab.device })).toBe('widened');
    expect(await range()).toBe(after);
    expect(await permitPing(logger, { namespace: lab.device })).toBe('permitted');
    expect(logged).toEqual([expect.stringContaining(before)]);
    openPing(lab.uplink('eth0'), 4).close();
  });

  it('leaves a range that holds group 0 as it is', async () => {
    await writeSysctl(RANGE, '0 5', { namespace: lab.device });
    expect(await permitPing(logger, { namespace: lab.device })).toBe('permitted');
    expect(await range()).toBe('0\t5');
  });
});

describe('openPing', () => {
  beforeEach(async () => {
    await permitPing(logger, { namespace: lab.device });
  });

  it.each(families)('is answered by the host behind the port, IPv%d, in 28 or 48 bytes each way', async (family) => {
    const bytes = family === 4 ? 28 : 48;
    const proto = family === 4 ? 'icmp type echo-request' : 'icmpv6 type echo-request';
    const table = `table inet t {\ncounter echo { }\nchain c {\ntype filter hook input priority 0\n${proto} counter name echo\n}\n}\n`;
    await lab.nft('eth0', table);
    await lab.nft('eth1', table);
    try {
      const { latencyMs, traffic } = await pinging('eth1', family, (socket) =>
        socket.echo(SERVER[family], { timeoutMs: TIMEOUT_MS }),
      );
      expect(latencyMs).toBeGreaterThan(0);
      expect(latencyMs).toBeLessThan(TIMEOUT_MS);
      expect(traffic).toEqual({ bytesSent: bytes, bytesReceived: bytes, packetsSent: 1, packetsReceived: 1 });
      expect(await lab.counted('eth1', 'echo')).toEqual({ packets: 1, bytes });
      expect(await lab.counted('eth0', 'echo')).toEqual({ packets: 0, bytes: 0 });
    } finally {
      await lab.nft('eth0', 'delete table inet t');
      await lab.nft('eth1', 'delete table inet t');
    }
  });

  it.each(families)('hears of a router that knows no way, and only for that request, IPv%d', async (family) => {
    await pinging('eth0', family, async (socket) => {
      const silent = socketFailure(socket.echo(SILENT[family], { timeoutMs: 300 }));
      const unreachable = socketFailure(socket.echo(UNREACHABLE[family], { timeoutMs: TIMEOUT_MS }));
      expect(['EHOSTUNREACH', 'ENETUNREACH']).toContain((await unreachable).code);
      expect((await unreachable).traffic.packetsSent).toBe(1);
      expect((await silent).code).toBe('ETIMEDOUT');
      // And the socket lives on.
      expect((await socket.echo(SERVER[family], { timeoutMs: TIMEOUT_MS })).traffic.packetsReceived).toBe(1);
    });
  });

  it('does not keep the event loop busy with an error that was read', async () => {
    await pinging('eth0', 4, async (socket) => {
      await socketFailure(socket.echo(UNREACHABLE[4], { timeoutMs: TIMEOUT_MS }));
      const before = process.cpuUsage();
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000).toBeLessThan(200);
    });
  });

  it('is not put off by a redirect', async () => {
    // The gateway is asked for its own neighbour's address, and says that there is a shorter way.
    await lab.ip('device', `route del ${LINK[4]} dev eth0 table 501`);
    try {
      await pinging('eth0', 4, async (socket) => {
        expect((await socketFailure(socket.echo('192.0.2.97', { timeoutMs: 500 }))).code).toBe('ETIMEDOUT');
        expect((await socket.echo(SERVER[4], { timeoutMs: TIMEOUT_MS })).traffic.packetsReceived).toBe(1);
      });
    } finally {
      await lab.ip('device', `route add ${LINK[4]} dev eth0 table 501`);
    }
  });

  it('tells many requests of one socket apart', async () => {
    await pinging('eth0', 4, async (socket) => {
      const hosts = Array.from({ length: 200 }, (_, index) =>
        index % 4 === 3 ? SILENT[4] : index % 2 === 0 ? SERVER[4] : GATEWAY[4],
      );
      const results = await Promise.allSettled(hosts.map((host) => socket.echo(host, { timeoutMs: 2_000 })));
      expect(results.map(({ status }) => status)).toEqual(
        hosts.map((host) => (host === SILENT[4] ? 'rejected' : 'fulfilled')),
      );
    });
  });

  it('counts an answer that came while the event loop was busy', async () => {
    await pinging('eth0', 4, async (socket) => {
      await socket.echo(SERVER[4], { timeoutMs: TIMEOUT_MS });
      const echo = socket.echo(SERVER[4], { timeoutMs: 100 });
      // It is sent in the next turn of the loop.
      await new Promise((resolve) => setImmediate(resolve));
      blockFor(400);
      await expect(echo).resolves.toMatchObject({ traffic: { packetsReceived: 1 } });
    });
  });

  it.each([SERVER[6], 'localhost'])('does not send to %s from a socket of IPv4', async (address) => {
    const { code, traffic } = await pinging('eth0', 4, (socket) =>
      socketFailure(socket.echo(address, { timeoutMs: TIMEOUT_MS })),
    );
    expect([code, traffic.packetsSent]).toEqual(['EINVAL', 0]);
  });

  it('ends at a word, and with its socket', async () => {
    const before = openFiles();
    const controller = new AbortController();
    await pinging('eth0', 4, async (socket) => {
      const failure = socketFailure(socket.echo(SILENT[4], { timeoutMs: TIMEOUT_MS, signal: controller.signal }));
      controller.abort();
      expect((await failure).code).toBe('ABORT_ERR');
      const waiting = socketFailure(socket.echo(SILENT[4], { timeoutMs: TIMEOUT_MS }));
      socket.close();
      expect((await waiting).code).toBe('ABORT_ERR');
      expect((await socketFailure(socket.echo(SERVER[4], { timeoutMs: TIMEOUT_MS }))).code).toBe('EBADF');
    });
    await eventually(() => openFiles() <= before);
  });
});

describe('neighbourState', () => {
  it('knows who answers on the link, and who does not', async () => {
    await permitPing(logger, { namespace: lab.device });
    const uplink = lab.uplink('eth0');
    await lab.ip('device', 'neigh flush all');
    expect(neighbourState(uplink, '192.0.2.99')).toBe('none');
    await pinging('eth0', 4, (socket) => socket.echo(GATEWAY[4], { timeoutMs: TIMEOUT_MS }));
    await pinging('eth0', 6, (socket) => socket.echo(GATEWAY[6], { timeoutMs: TIMEOUT_MS }));
    await pinging('eth0', 4, (socket) => socketFailure(socket.echo('192.0.2.99', { timeoutMs: 100 })));
    expect([GATEWAY[4], GATEWAY[6], '192.0.2.99'].map((address) => neighbourState(uplink, address))).toEqual([
      'known',
      'known',
      'silent',
    ]);
    expect(neighbourState(lab.uplink('eth1'), '192.0.2.99')).toBe('none');
    expect(neighbourState(lab.uplink('nowhere'), GATEWAY[4])).toBe('none');
  });

  it('hears from the kernel itself when nobody answers ARP', async () => {
    await permitPing(logger, { namespace: lab.device });
    const failure = await pinging('eth0', 4, (socket) =>
      socketFailure(socket.echo('192.0.2.98', { timeoutMs: 10_000 })),
    );
    expect(failure.code).toBe('EHOSTUNREACH');
    expect(neighbourState(lab.uplink('eth0'), '192.0.2.98')).toBe('silent');
  });
});
