import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { eventually } from '../clock/testing/eventually.js';
import { connectTcp, ReadBuffers, tcpInfo, type Uplink } from './index.js';
import { listen } from './testing/listen.js';
import { openFiles, socketFailure } from './testing/patience.js';
import { DEVICE, GATEWAY, SERVER, SILENT, TwoUplinks, UNREACHABLE } from './testing/two-uplinks.js';

const PORT = 7000;
const TIMEOUT_MS = 5_000;
const ports = ['eth0', 'eth1'] as const;
const families = [4, 6] as const;

let lab: TwoUplinks;
const servers: Server[] = [];
const open: Socket[] = [];

/** Says by which ISP and from which address somebody came. */
async function startServers(port: (typeof ports)[number]): Promise<void> {
  for (const family of families) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(`${port} ${socket.remoteAddress ?? ''}\n`);
    });
    servers.push(await listen(server, { namespace: lab.isps[port], address: SERVER[family], port: PORT }));
  }
}

beforeAll(async () => {
  lab = await TwoUplinks.create();
  for (const port of ports) await startServers(port);
});

afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

afterAll(async () => {
  for (const server of servers) server.close();
  await (lab as TwoUplinks | undefined)?.remove();
});

const uplink = (interfaceName: string): Uplink => lab.uplink(interfaceName);

async function connected(over: Uplink, address: string, port = PORT): Promise<Socket> {
  const socket = await connectTcp(over, { address, port, timeoutMs: TIMEOUT_MS });
  open.push(socket);
  return socket;
}

const greeting = async (socket: Socket): Promise<string> => (await text(socket)).trim();

describe('connectTcp with read buffers', () => {
  it('reads much data unharmed, in few buffers, and keeps little in the kernel', async () => {
    const sent = Buffer.from(Array.from({ length: 65_521 }, (_, index) => (index * 7) % 251));
    const rounds = 300;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      for (let round = 0; round < rounds; round += 1) socket.write(sent);
      socket.end();
    });
    servers.push(await listen(server, { namespace: lab.isps.eth0, address: SERVER[4], port: 7010 }));
    const readBuffers = new ReadBuffers();
    const limits = { readBuffers, receiveBufferBytes: 256 * 1024, timeoutMs: TIMEOUT_MS };
    const socket = await connectTcp(uplink('eth0'), { address: SERVER[4], port: 7010, ...limits });
    open.push(socket);
    const buffers = new Set<ArrayBufferLike>();
    let at = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      for (let from = 0; from < chunk.length;) {
        const start = (at + from) % sent.length;
        const length = Math.min(sent.length - start, chunk.length - from);
        expect(chunk.subarray(from, from + length).equals(sent.subarray(start, start + length))).toBe(true);
        from += length;
      }
      at += chunk.length;
      if (chunk.buffer.byteLength === 512 * 1024) buffers.add(chunk.buffer);
      readBuffers.give(chunk);
    }
    expect(at).toBe(sent.length * rounds);
    expect(buffers.size).toBeLessThan(10);
  });
});

describe('connectTcp', () => {
  it.each(ports.flatMap((port) => families.map((family) => [port, family] as const)))(
    'over %s reaches the server behind it, IPv%d, though both ports have the same addresses',
    async (port, family) => {
      const socket = await connected(uplink(port), SERVER[family]);
      expect(await greeting(socket)).toBe(`${port} ${DEVICE[family]}`);
    },
  );

  it.each([
    ['refused', 'ECONNREFUSED', SERVER, 7001],
    ['no route there, says the ISP', { 4: 'EHOSTUNREACH', 6: 'ENETUNREACH' }, UNREACHABLE, PORT],
  ] as const)('%s', async (_what, code, address, port) => {
    for (const family of families) {
      const before = openFiles();
      const failure = await socketFailure(
        connectTcp(uplink('eth0'), { address: address[family], port, timeoutMs: TIMEOUT_MS }),
      );
      expect(failure.code).toBe(typeof code === 'string' ? code : code[family]);
      // A second SYN where the answer came before the system call that sent the first was over, as happens on one
      // machine only.
      expect([1, 2]).toContain(failure.traffic.packetsSent);
      expect(failure.traffic.bytesSent).toBe(failure.traffic.packetsSent * (family === 4 ? 60 : 80));
      await eventually(() => openFiles() <= before);
    }
  });

  it('times out where nothing answers, and closes', async () => {
    const before = openFiles();
    const attempt = connectTcp(uplink('eth0'), { address: SILENT[4], port: PORT, timeoutMs: 100 });
    await expect(attempt).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await eventually(() => openFiles() <= before);
  });

  it('is given up at a word, and closes; one given up beforehand opens nothing', async () => {
    const before = openFiles();
    const controller = new AbortController();
    const options = { address: SILENT[4], port: PORT, timeoutMs: TIMEOUT_MS, signal: controller.signal };
    const attempts = Array.from({ length: 50 }, () => connectTcp(uplink('eth0'), options));
    await eventually(() => openFiles() >= before + 50);
    controller.abort();
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'ABORT_ERR' });
    await eventually(() => openFiles() <= before);
    await expect(connectTcp(uplink('eth0'), options)).rejects.toMatchObject({
      code: 'ABORT_ERR',
      traffic: { packetsSent: 0 },
    });
    await eventually(() => openFiles() <= before);
  });

  it.each([
    ['there is no such interface', 'gone0', SERVER[4], 'ENODEV'],
    ['its name is none', 'a name that is too long', SERVER[4], 'ENODEV'],
    ['it has no name', '', SERVER[4], 'ENODEV'],
    ['the destination is a name, and Node would look it up elsewhere', 'eth0', 'localhost', 'EINVAL'],
    ['it has no IPv4 address', 'bare0', SERVER[4], 'EADDRNOTAVAIL'],
    ['it has no IPv6 address beyond the link', 'bare0', SERVER[6], 'EADDRNOTAVAIL'],
  ])('does not send where %s', async (_what, interfaceName, address, code) => {
    await lab.ip('device', 'link add bare0 type veth peer name bare1').catch(() => undefined);
    await lab.ip('device', 'link set bare0 up');
    await lab.ip('device', 'link set bare1 up');
    await lab.ip('device', '-4 route replace default dev bare0 table 503');
    const before = openFiles();
    const attempt = connectTcp(uplink(interfaceName), { address, port: PORT, timeoutMs: 200 });
    await expect(attempt).rejects.toMatchObject({ code, traffic: { packetsSent: 0 } });
    expect(openFiles()).toBe(before);
  });

  it('tells a namespace that is not there', async () => {
    const attempt = connectTcp(
      { interfaceName: 'eth0', namespace: 'no-such' },
      { address: SERVER[4], port: PORT, timeoutMs: TIMEOUT_MS },
    );
    await expect(attempt).rejects.toMatchObject({ code: 'ENOENT' });
    // And this thread is back where it was.
    await expect(
      connectTcp({ interfaceName: 'eth0-nowhere' }, { address: SERVER[4], port: PORT, timeoutMs: TIMEOUT_MS }),
    ).rejects.toThrow('there is no interface');
  });

  it('follows an interface to its new name', async () => {
    const socket = await connected(uplink('eth1'), SERVER[4]);
    await lab.ip('device', 'link set eth1 down');
    await lab.ip('device', 'link set eth1 name lan9');
    try {
      await expect(
        connectTcp(uplink('eth1'), { address: SERVER[4], port: PORT, timeoutMs: TIMEOUT_MS }),
      ).rejects.toMatchObject({
        code: 'ENODEV',
      });
      await lab.ip('device', 'link set lan9 up');
      await lab.ip('device', `-4 route replace default via ${GATEWAY[4]} dev lan9 table 502 onlink`);
      await lab.ip('device', 'rule add pref 15001 oif lan9 lookup 502');
      expect(await greeting(await connected(uplink('lan9'), SERVER[4]))).toBe(`eth1 ${DEVICE[4]}`);
      expect(await greeting(socket)).toBe(`eth1 ${DEVICE[4]}`);
    } finally {
      await lab.ip('device', 'link set lan9 down');
      await lab.ip('device', 'link set lan9 name eth1');
      await lab.ip('device', 'link set eth1 up');
      await lab.ip('device', `-4 route replace default via ${GATEWAY[4]} dev eth1 table 502 onlink`);
      await lab.ip('device', `-6 address replace ${DEVICE[6]}/64 dev eth1 nodad`);
      await lab.ip('device', `-6 route replace default via ${GATEWAY[6]} dev eth1 table 502 onlink`);
    }
  });

  it('carries what Node puts on top', async () => {
    const web = await listen(
      createHttpServer((request, response) => response.end(`eth1 ${request.socket.remoteAddress ?? ''}`)),
      { namespace: lab.isps.eth1, address: SERVER[4], port: 8080 },
    );
    const url = `http://${SERVER[4]}:8080/`;
    try {
      const socket = await connected(lab.uplink('eth1'), SERVER[4], 8080);
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        get(url, { createConnection: () => socket }, resolve).once('error', reject);
      });
      expect(await text(response)).toBe(`eth1 ${DEVICE[4]}`);
    } finally {
      web.close();
    }
  });

  it('leaves nothing open after a thousand connections', async () => {
    const before = openFiles();
    for (let round = 0; round < 40; round += 1) {
      const sockets = await Promise.all(
        Array.from({ length: 25 }, () =>
          connectTcp(uplink('eth0'), { address: SERVER[4], port: PORT, timeoutMs: TIMEOUT_MS }),
        ),
      );
      for (const socket of sockets) socket.resetAndDestroy();
    }
    await eventually(() => openFiles() <= before);
  });
});

describe('tcpInfo', () => {
  it.each(families)('counts what the ISP counts, IPv%d', async (family) => {
    const chain = (direction: string, end: string): string => `counter ${direction} { }
      chain ${direction} {
        type filter hook ${direction} priority 0
        tcp ${end}port 7002 counter name ${direction}
      }`;
    // One packet is one segment then, as on a wire.
    await lab.ip('eth0', 'link set customer gso_max_segs 1');
    await lab.nft('eth0', `table inet t {\n${chain('input', 'd')}\n${chain('output', 's')}\n}\n`);
    const payload = Buffer.alloc(20_000, 'x');
    const server = await listen(
      createServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', () => socket.write(payload));
      }),
      { namespace: lab.isps.eth0, address: SERVER[family], port: 7002 },
    );
    try {
      const socket = await connected(uplink('eth0'), SERVER[family], 7002);
      let received = 0;
      socket.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      socket.write('give');
      await eventually(() => received === payload.length);
      socket.resetAndDestroy();
      await eventually(() => socket.closed);
      const { bytesSent, bytesReceived, packetsSent, packetsReceived } = tcpInfo(socket);
      const [input, output] = [await lab.counted('eth0', 'input'), await lab.counted('eth0', 'output')];
      expect({ packetsSent, bytesSent, packetsReceived, bytesReceived }).toEqual({
        packetsSent: input.packets,
        bytesSent: input.bytes,
        packetsReceived: output.packets,
        bytesReceived: output.bytes,
      });
    } finally {
      server.close();
      await lab.nft('eth0', 'delete table inet t');
    }
  });
});
