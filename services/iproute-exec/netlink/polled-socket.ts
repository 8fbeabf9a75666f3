import { closeSync } from 'node:fs';
import { createSocket, type Socket } from 'node:dgram';

import { succeeded, systemCalls } from './system-calls.js';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const O_CLOEXEC = 0x80000;

/**
 * Has Node's event loop read a datagram socket of any family: each datagram is a `message`, and what recvmsg(2) fails with an `error`
 * that does not end it. Takes the descriptor over: it is closed with what is answered.
 *
 * Node polls only sockets whose family it knows. So it gets an unbound UDP socket, and before the event loop comes to poll that, the
 * given one takes its place under its number.
 */
export function polled(fd: number): Socket {
  const { socket, dup3 } = systemCalls();
  const place = succeeded(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'datagram socket');
  const polledSocket = createSocket('udp4');
  try {
    polledSocket.bind({ fd: place, exclusive: true });
    succeeded(dup3(fd, place, O_CLOEXEC), 'dup3');
    return polledSocket;
  } catch (error) {
    polledSocket.close();
    throw error;
  } finally {
    closeSync(fd);
  }
}
