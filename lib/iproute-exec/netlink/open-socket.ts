import { insideNamespace } from './in-namespace.js';
import { succeeded, systemCalls } from './system-calls.js';

const AF_INET = 2;
const AF_NETLINK = 16;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const NETLINK_ROUTE = 0;
const NETLINK_NETFILTER = 12;

const SOL_SOCKET = 1;
const bufferOptions = { send: 32, receive: 33 } as const;

/** The arguments of socket(2). */
const kinds = {
  route: [AF_NETLINK, SOCK_RAW, NETLINK_ROUTE],
  netfilter: [AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER],
  datagram: [AF_INET, SOCK_DGRAM, 0],
  // Protocol 0: of no kind of frame does it want copies.
  packet: [AF_PACKET, SOCK_DGRAM, 0],
} as const;

/**
 * The descriptor of a new socket that never waits; of a named namespace, or of our own.
 * @throws CommandError where the kernel cannot be called from here, or refuses, or there is no such namespace.
 */
export function openSocket(kind: keyof typeof kinds, namespace?: string): number {
  const { socket } = systemCalls();
  const [domain, type, protocol] = kinds[kind];
  return insideNamespace(namespace, () =>
    succeeded(socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol), `${kind} socket`),
  );
}

/** How much may wait in a socket, beyond what the system allows others (SO_SNDBUFFORCE, SO_RCVBUFFORCE). */
export function resizeBuffer(fd: number, direction: keyof typeof bufferOptions, bytes: number): void {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes);
  systemCalls().setsockopt(fd, SOL_SOCKET, bufferOptions[direction], size, size.length);
}
