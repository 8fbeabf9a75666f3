import { createSocket, type Socket } from 'node:dgram';

import { libc } from '../libc/index.js';
import { openSocket } from './open-socket.js';
import type { IpFamily, Uplink } from './uplink.js';

/**
 * A UDP socket on this port and no other, bound to a free port number. ICMP errors arrive as 'error' events
 * (EHOSTUNREACH, ECONNREFUSED); close it then: an error that nobody reads keeps the event loop busy.
 * @throws SocketError, as openSocket does
 */
export function openUdp(uplink: Uplink, family: IpFamily): Socket {
  return adoptDatagram(openSocket(uplink, family, 'udp'), family);
}

/** Hands a datagram socket over to Node, which closes it from then on. */
export function adoptDatagram(fd: number, family: IpFamily): Socket {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  try {
    socket.bind({ fd });
    return socket;
  } catch (error) {
    libc().close(fd);
    socket.close();
    throw error;
  }
}
