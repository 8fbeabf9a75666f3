import type { Socket } from 'node:dgram';
import { once } from 'node:events';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { eventually } from '../clock/testing/eventually.js';
import { openUdp } from './index.js';
import { listenUdp } from './testing/listen.js';
import { openFiles } from './testing/patience.js';
import { DEVICE, SERVER, TwoUplinks, UNREACHABLE } from './testing/two-uplinks.js';

let lab: TwoUplinks;

beforeAll(async () => {
  lab = await TwoUplinks.create();
});

afterAll(async () => {
  await (lab as TwoUplinks | undefined)?.remove();
});

describe('openUdp', () => {
  it.each([4, 6] as const)('sends over its port alone, and gets the answer, IPv%d', async (family) => {
    const servers = (['eth0', 'eth1'] as const).map((port) => {
      const server = listenUdp({ namespace: lab.isps[port], address: SERVER[family], port: 7000 });
      server.on('message', (_bytes, sender) => {
        server.send(`${port} ${sender.address}`, sender.port, sender.address);
      });
      return server;
    });
    const answers: string[] = [];
    const sockets = ['eth0', 'eth1'].map((port) => openUdp(lab.uplink(port), family));
    for (const socket of sockets) {
      socket.send('?', 7000, SERVER[family]);
      const [bytes] = (await once(socket, 'message')) as [Buffer];
      answers.push(bytes.toString());
    }
    for (const socket of [...servers, ...sockets]) socket.close();
    expect(answers).toEqual([`eth0 ${DEVICE[family]}`, `eth1 ${DEVICE[family]}`]);
  });

  it('never shares a port number, however many there are', () => {
    const sockets = Array.from({ length: 500 }, () => openUdp(lab.uplink('eth0'), 4));
    const numbers = sockets.map((socket) => socket.address().port);
    for (const socket of sockets) socket.close();
    expect(new Set(numbers).size).toBe(sockets.length);
    expect(numbers).not.toContain(0);
  });

  it('hears that there is no way', async () => {
    const socket = openUdp(lab.uplink('eth0'), 4);
    socket.send('?', 7000, UNREACHABLE[4]);
    const [error] = (await once(socket, 'error')) as [Error];
    socket.close();
    expect(error).toMatchObject({ code: 'EHOSTUNREACH' });
  });

  it('opens nothing where it cannot', async () => {
    const before = openFiles();
    const open = (): Socket => openUdp(lab.uplink('gone0'), 4);
    expect(open).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    await eventually(() => openFiles() <= before);
  });
});
