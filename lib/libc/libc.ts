import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { getSystemErrorName, promisify } from 'node:util';

import type * as Koffi from 'koffi';

import { SystemCallError } from './system-call-error.js';

/**
 * The calls that Node does not offer. A system call answers -1 where it fails, and `errorNumber` then says why; only
 * `sendElsewhere` waits.
 */
export interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly listen: (fd: number, backlog: number) => number;
  readonly connect: (fd: number, address: Uint8Array, length: number) => number;
  readonly close: (fd: number) => number;
  /** Makes `to` another number of the file that is open as `from`; what was open as `to` before is closed. */
  readonly dup3: (from: number, to: number, flags: number) => number;
  readonly setsockopt: (fd: number, level: number, option: number, value: Uint8Array, length: number) => number;
  readonly getsockopt: (fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array) => number;
  /** For requests whose argument is a struct. */
  readonly ioctl: (fd: number, request: number, struct: Uint8Array) => number;
  readonly send: (fd: number, bytes: Uint8Array, length: number, flags: number) => number;
  /** From another thread, while this one goes on. Why it failed is not known. */
  readonly sendElsewhere: (fd: number, bytes: Uint8Array, length: number, flags: number) => Promise<number>;
  readonly sendto: (
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    size: number,
  ) => number;
  /** Fills the buffer. */
  readonly recv: (fd: number, buffer: Uint8Array, length: number, flags: number) => number;
  /**
   * Moves the calling thread, which is the one that runs JavaScript, into another namespace; `inNamespace` also brings
   * it back.
   */
  readonly setns: (fd: number, type: number) => number;
  /** 1 where the text is an address of that family. */
  readonly inetPton: (family: number, text: string, bytes: Uint8Array) => number;
  /** 0 where there is none. */
  readonly ifNameToIndex: (name: string) => number;
  /** In the words of the C library, such as `File exists`. */
  readonly strerror: (errorNumber: number) => string;
  /** Of the last call. */
  readonly errorNumber: () => number;
}

/** linux/socket.h */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

let loaded: Libc | SystemCallError | undefined;

/**
 * The C library of this process; some 12 ms at the first call, a fraction of a microsecond later.
 * @throws SystemCallError ENOSYS where koffi is missing or has nothing for this machine
 */
export function libc(): Libc {
  loaded ??= loadLibc();
  if (loaded instanceof SystemCallError) throw loaded;
  return loaded;
}

/** Why the C library cannot be called from here and what to do about it, in one line; undefined where it can. */
export function whyNoLibc(): string | undefined {
  loaded ??= loadLibc();
  return loaded instanceof SystemCallError ? loaded.message : undefined;
}

/**
 * Binds the functions; answers what is in the way. `byteOrder`: messages are written in that of the machines that EVE
 * runs on.
 */
export function loadLibc(
  requirePackage: (name: string) => unknown = createRequire(import.meta.url),
  byteOrder = endianness(),
): Libc | SystemCallError {
  if (byteOrder !== 'LE')
    return new SystemCallError('ENOSYS', 'this machine is big-endian; eve-uplink runs on little-endian ones');
  try {
    return bindFunctions(requirePackage('koffi') as typeof Koffi);
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    return new SystemCallError(
      'ENOSYS',
      `cannot call the C library, which all work on the network needs: ${reason}. Install the npm package koffi for this ` +
        `platform (${process.platform}-${process.arch}), e.g. with npm ci`,
      { cause },
    );
  }
}

function bindFunctions(koffi: typeof Koffi): Libc {
  // Null is this process itself: glibc and musl alike.
  const library = koffi.load(null);
  const ioctl = library.func('int ioctl(int fd, unsigned long request, ...)');
  const send = library.func('intptr_t send(int fd, const void *bytes, size_t length, int flags)');
  return {
    socket: library.func('int socket(int domain, int type, int protocol)'),
    bind: library.func('int bind(int fd, const void *address, uint32_t length)'),
    listen: library.func('int listen(int fd, int backlog)'),
    connect: library.func('int connect(int fd, const void *address, uint32_t length)'),
    close: library.func('int close(int fd)'),
    dup3: library.func('int dup3(int from, int to, int flags)'),
    setsockopt: library.func('int setsockopt(int fd, int level, int option, const void *value, uint32_t length)'),
    getsockopt: library.func('int getsockopt(int fd, int level, int option, void *value, void *length)'),
    ioctl: (fd, request, struct) => ioctl(fd, request, 'void *', struct) as number,
    send,
    sendElsewhere: promisify(send.async) as Libc['sendElsewhere'],
    sendto: library.func(
      'intptr_t sendto(int fd, const void *bytes, size_t length, int flags, const void *address, uint32_t size)',
    ),
    recv: library.func('intptr_t recv(int fd, void *buffer, size_t length, int flags)'),
    setns: library.func('int setns(int fd, int type)'),
    inetPton: library.func('int inet_pton(int family, const char *text, void *bytes)'),
    ifNameToIndex: library.func('unsigned int if_nametoindex(const char *name)'),
    strerror: library.func('const char *strerror(int number)'),
    errorNumber: () => koffi.errno(),
  };
}

/**
 * The result of a system call, unless it failed.
 * @throws SystemCallError with the system's word and `what` was tried
 */
export function checked(result: number, what: string): number {
  if (result >= 0) return result;
  const errno = libc().errorNumber();
  const code = codeOf(errno);
  throw new SystemCallError(code, `${what}: ${code}${advice[code] ?? ''}`, { errno });
}

/** An address in network order; a zone does not count. @throws SystemCallError EINVAL where it is none */
export function addressBytes(address: string): Buffer {
  const [text = ''] = address.split('%');
  const isIpv6 = text.includes(':');
  const bytes = Buffer.alloc(isIpv6 ? 16 : 4);
  if (libc().inetPton(isIpv6 ? AF_INET6 : AF_INET, text, bytes) === 1) return bytes;
  throw new SystemCallError('EINVAL', `${JSON.stringify(address)} is no IP address`);
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
