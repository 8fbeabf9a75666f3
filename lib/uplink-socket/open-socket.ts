import { AF_INET, AF_INET6, checked, inNamespace, libc, SystemCallError } from '../libc/index.js';
import { SocketError, withSocketErrors } from './socket-error.js';
import type { IpFamily, Uplink } from './uplink.js';

/** `ping`: echo requests without a raw socket (icmp(7): ping_group_range). */
export type SocketKind = 'tcp' | 'udp' | 'ping';

// linux/socket.h, asm-generic/socket.h, linux/in.h, linux/in6.h, linux/sockios.h
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_RCVBUFFORCE = 33;
const SOL_IP = 0;
const IP_RECVERR = 11;
const SOL_IPV6 = 41;
const IPV6_RECVERR = 25;
const SIOCGIFADDR = 0x8915;
const IFREQ_BYTES = 40;
const LONGEST_INTERFACE_NAME = 15;

/**
 * A file descriptor of a socket whose packets leave by this interface and by no other, and that gets only what comes in
 * by it (SO_BINDTODEVICE, socket(7)). Datagram sockets have a number of their own and hear of ICMP errors. Whoever
 * takes it closes it.
 * @throws SocketError ENODEV, EADDRNOTAVAIL, EPERM, EACCES (ping sockets), EMFILE, ENOSYS
 */
export function openSocket(uplink: Uplink, family: IpFamily, kind: SocketKind): number {
  return withSocketErrors(() => openBound(uplink, family, kind));
}

function openBound({ interfaceName, namespace }: Uplink, family: IpFamily, kind: SocketKind): number {
  const fd = inNamespace(namespace, () => makeSocket(family, kind));
  try {
    bindToDevice(fd, interfaceName);
    if (family === 4) requireAddress(fd, interfaceName);
    if (kind !== 'tcp') {
      takeNumber(fd, family);
      hearErrors(fd, family);
    }
    return fd;
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}

function makeSocket(family: IpFamily, kind: SocketKind): number {
  const type = (kind === 'tcp' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const ping = family === 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  const fd = libc().socket(family === 4 ? AF_INET : AF_INET6, type, kind === 'ping' ? ping : 0);
  try {
    return checked(fd, `opening a ${kind} socket`);
  } catch (error) {
    if (kind !== 'ping' || !(error instanceof SystemCallError) || error.code !== 'EACCES') throw error;
    throw new SocketError(
      'EACCES',
      'the kernel lets nobody of this group send echo requests: set net.ipv4.ping_group_range to a range that holds it, e.g. "0 0" ' +
        '(permitPing does so where it may)',
      { cause: error },
    );
  }
}

function bindToDevice(fd: number, interfaceName: string): void {
  const name = Buffer.from(`${interfaceName}\0`);
  if (interfaceName === '' || name.length > LONGEST_INTERFACE_NAME + 1) throw noSuchInterface(interfaceName);
  const result = libc().setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length);
  try {
    checked(result, `binding a socket to ${interfaceName} (needs CAP_NET_RAW on kernels before 5.7)`);
  } catch (error) {
    throw error instanceof SystemCallError && error.code === 'ENODEV' ? noSuchInterface(interfaceName) : error;
  }
}

function noSuchInterface(interfaceName: string): SocketError {
  return new SocketError('ENODEV', `there is no interface ${JSON.stringify(interfaceName)}`);
}

/**
 * Where the interface has no IPv4 address the kernel takes one of another interface, which the ISP then sees as a wrong
 * source (inet_select_addr in net/ipv4/devinet.c). So there must be one.
 */
function requireAddress(fd: number, interfaceName: string): void {
  const request = Buffer.alloc(IFREQ_BYTES);
  request.write(interfaceName);
  checked(libc().ioctl(fd, SIOCGIFADDR, request), `${interfaceName} has no IPv4 address to send from`);
}

/**
 * Binds to a free port (or echo identifier). Left to the first packet, and so after Node has set SO_REUSEADDR, two
 * sockets could get the same one, and one the other's answers.
 */
function takeNumber(fd: number, family: IpFamily): void {
  const any = Buffer.alloc(family === 4 ? 16 : 28);
  any.writeUInt16LE(family === 4 ? AF_INET : AF_INET6, 0);
  checked(libc().bind(fd, any, any.length), 'binding a socket to a free port');
}

/**
 * Without this an unconnected socket hears nothing of "host unreachable", and a connected one only of some errors
 * (ip(7): IP_RECVERR).
 */
function hearErrors(fd: number, family: IpFamily): void {
  const on = Buffer.alloc(4);
  on.writeInt32LE(1);
  const [level, option] = family === 4 ? [SOL_IP, IP_RECVERR] : [SOL_IPV6, IPV6_RECVERR];
  checked(libc().setsockopt(fd, level, option, on, on.length), 'asking for ICMP errors');
}

/**
 * Bounds what the kernel keeps for a socket, and so the window that it offers (tcp(7): the kernel doubles the value,
 * since it counts its own overhead, too). Must come before the connection. Beyond net.core.rmem_max it takes
 * CAP_NET_ADMIN; without, that is the bound.
 */
export function limitReceiveBuffer(fd: number, bytes: number): void {
  const value = Buffer.alloc(4);
  value.writeInt32LE(bytes);
  if (libc().setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, value, value.length) === 0) return;
  const result = libc().setsockopt(fd, SOL_SOCKET, SO_RCVBUF, value, value.length);
  withSocketErrors(() => checked(result, 'bounding the receive buffer'));
}
