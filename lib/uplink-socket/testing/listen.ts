import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Server } from 'node:net';

import { addressBytes, AF_INET, AF_INET6, checked, inNamespace, libc } from '../../libc/index.js';
import { familyOf } from '../addresses.js';

/**
 * Where a server of a test listens: in a namespace, while it runs in the test's own process, so that it can be scripted
 * and asked.
 */
export interface Place {
  readonly namespace: string;
  readonly address: string;
  readonly port: number;
}

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SOCK_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;

/** Lets a server of net, http, https or tls listen there. */
export async function listen<T extends Server>(server: T, place: Place): Promise<T> {
  server.listen({ fd: boundSocket(place, 1) });
  await once(server, 'listening');
  return server;
}

/** A UDP socket that is bound there. */
export function listenUdp(place: Place): UdpSocket {
  const socket = createSocket(familyOf(place.address) === 4 ? 'udp4' : 'udp6');
  socket.bind({ fd: boundSocket(place, 2) });
  return socket;
}

function boundSocket({ namespace, address, port }: Place, type: 1 | 2): number {
  const family = familyOf(address) === 4 ? AF_INET : AF_INET6;
  const fd = inNamespace(namespace, () => checked(libc().socket(family, type | SOCK_NONBLOCK_CLOEXEC, 0), 'socket'));
  const name = Buffer.alloc(family === AF_INET ? 16 : 28);
  name.writeUInt16LE(family, 0);
  name.writeUInt16BE(port, 2);
  addressBytes(address).copy(name, family === AF_INET ? 4 : 8);
  try {
    // Also where connections of an earlier server there are not quite forgotten.
    const on = Buffer.from([1, 0, 0, 0]);
    checked(libc().setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, on, on.length), 'SO_REUSEADDR');
    checked(libc().bind(fd, name, name.length), `listening at ${address} port ${port}`);
    return fd;
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}
