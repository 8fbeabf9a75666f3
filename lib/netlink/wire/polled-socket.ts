import { closeSync } from 'node:fs';
import { createSocket, type Socket } from 'node:dgram';

import { called, openSocket } from './open-socket.js';
import { checked, libc } from '../../libc/index.js';

const O_CLOEXEC = 0x80000;

/**
 * Has Node's event loop read a datagram socket of any family: each datagram is a `message`, and what recvmsg(2) fails
 * with an `error` that does not end it. Takes the descriptor over: it is closed with what is answered.
 *
 * Node polls only sockets whose family it knows. So it gets an unbound UDP socket, and before the event loop comes to
 * poll that, the given one takes its place under its number.
 */
export function polled(fd: number): Socket {
  const polledSocket = createSocket('udp4');
  try {
    const place = openSocket('datagram');
    adopt(polledSocket, place);
    called('netlink', () => checked(libc().dup3(fd, place, O_CLOEXEC), 'dup3'));
    return polledSocket;
  } catch (error) {
    polledSocket.close();
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** From then on the descriptor is the socket's to close. */
function adopt(socket: Socket, fd: number): void {
  try {
    socket.bind({ fd, exclusive: true });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
