import { checked, inNamespace, libc, SystemCallError } from '../../libc/index.js';
import { NetlinkError } from '../netlink-error.js';

const AF_INET = 2;
const AF_NETLINK = 16;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const NETLINK_ROUTE = 0;
const NETLINK_NETFILTER = 12;
const NETLINK_GENERIC = 16;

const SOL_SOCKET = 1;
const bufferOptions = { send: 32, receive: 33 } as const;

/** The arguments of socket(2). */
const kinds = {
  route: [AF_NETLINK, SOCK_RAW, NETLINK_ROUTE],
  netfilter: [AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER],
  generic: [AF_NETLINK, SOCK_RAW, NETLINK_GENERIC],
  datagram: [AF_INET, SOCK_DGRAM, 0],
  // Protocol 0: of no kind of frame does it want copies.
  packet: [AF_PACKET, SOCK_DGRAM, 0],
} as const;

/**
 * The descriptor of a new socket that never waits; of a named namespace, or of our own.
 * @throws NetlinkError where the kernel cannot be called from here, or refuses, or there is no such namespace.
 */
export function openSocket(kind: keyof typeof kinds, namespace?: string): number {
  const [domain, type, protocol] = kinds[kind];
  return called(`${kind} socket`, () =>
    inNamespace(namespace, () =>
      checked(libc().socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol), 'socket'),
    ),
  );
}

/** What `call` answers; a system call that fails in it becomes an error of ours. @throws NetlinkError */
export function called<T>(request: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    const { errno, message } = error;
    throw new NetlinkError(request, message, { cause: error, ...(errno === undefined ? {} : { errno }) });
  }
}

/** How much may wait in a socket, beyond what the system allows others (SO_SNDBUFFORCE, SO_RCVBUFFORCE). */
export function resizeBuffer(fd: number, direction: keyof typeof bufferOptions, bytes: number): void {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes);
  libc().setsockopt(fd, SOL_SOCKET, bufferOptions[direction], size, size.length);
}
