import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';

import type * as Koffi from 'koffi';

import { SocketError } from './socket-error.js';

/** The calls of the C library that Node has no other way to. All of them return at once. */
interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Buffer, length: number): number;
  close(fd: number): number;
  setsockopt(fd: number, level: number, option: number, value: Buffer, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Buffer, length: Buffer): number;
  /** For requests whose argument is a struct. */
  ioctl(fd: number, request: number, struct: Buffer): number;
  send(fd: number, bytes: Buffer, length: number, flags: number): number;
  recv(fd: number, bytes: Buffer, length: number, flags: number): number;
  setns(fd: number, type: number): number;
  /** 1 where the text is an address of that family. */
  inetPton(family: number, text: string, bytes: Buffer): number;
  /** 0 where there is none. */
  ifNameToIndex(name: string): number;
  /** Of the last call. */
  errno(): number;
}

/** linux/socket.h */
export const AF_INET = 2;
export const AF_INET6 = 10;

let loaded: Libc | undefined;

/** The C library of this process, loaded with the first use. @throws SocketError ENOSYS where koffi is missing or does not run here */
export function libc(): Libc {
  // Required, and not imported, because sockets are opened synchronously.
  loaded ??= loadLibc(createRequire(import.meta.url));
  return loaded;
}

/** @throws as libc does */
export function loadLibc(requirePackage: (name: string) => unknown): Libc {
  try {
    const koffi = requirePackage('koffi') as typeof Koffi;
    // Null is this process itself: glibc and musl alike.
    const library = koffi.load(null);
    const ioctl = library.func('int ioctl(int fd, unsigned long request, ...)');
    return {
      socket: library.func('int socket(int domain, int type, int protocol)'),
      bind: library.func('int bind(int fd, const void *address, uint32_t length)'),
      close: library.func('int close(int fd)'),
      setsockopt: library.func('int setsockopt(int fd, int level, int option, const void *value, uint32_t length)'),
      getsockopt: library.func('int getsockopt(int fd, int level, int option, void *value, void *length)'),
      ioctl: (fd, request, struct) => ioctl(fd, request, 'void *', struct) as number,
      send: library.func('int64_t send(int fd, const void *bytes, size_t length, int flags)'),
      recv: library.func('int64_t recv(int fd, void *bytes, size_t length, int flags)'),
      setns: library.func('int setns(int fd, int type)'),
      inetPton: library.func('int inet_pton(int family, const char *text, void *bytes)'),
      ifNameToIndex: library.func('unsigned int if_nametoindex(const char *name)'),
      errno: () => koffi.errno(),
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SocketError(
      'ENOSYS',
      `cannot call the C library, which sockets that are bound to a port need: ${reason}. Install the npm package koffi for this ` +
        `platform (${process.platform}-${process.arch}), e.g. with npm ci`,
      { cause },
    );
  }
}

/** The result of a call that answers -1 where it fails. @throws SocketError with the system's word and `what` was tried */
export function checked(result: number, what: string): number {
  if (result !== -1) return result;
  const code = codeOf(libc().errno());
  throw new SocketError(code, `${what}: ${code}${advice[code] ?? ''}`);
}

/** An address in network order; a zone does not count. @throws SocketError EINVAL where it is none */
export function addressBytes(address: string): Buffer {
  const [text = ''] = address.split('%');
  const isIpv6 = text.includes(':');
  const bytes = Buffer.alloc(isIpv6 ? 16 : 4);
  if (libc().inetPton(isIpv6 ? AF_INET6 : AF_INET, text, bytes) === 1) return bytes;
  throw new SocketError('EINVAL', `${JSON.stringify(address)} is no IP address`);
}

/** `ENODEV` for 19. */
function codeOf(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}

const advice: Readonly<Record<string, string>> = {
  EMFILE: ' (too many open files: raise LimitNOFILE of the service)',
};
