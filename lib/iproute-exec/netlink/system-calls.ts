import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { promisify } from 'node:util';

import type * as Koffi from 'koffi';

import { CommandError } from '../command-error.js';

/** The system calls that Node does not offer. Each answers -1 where it fails, and `errorNumber` then says why. */
export interface SystemCalls {
  readonly socket: (domain: number, type: number, protocol: number) => number;
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
  readonly setsockopt: (fd: number, level: number, option: number, value: Uint8Array, length: number) => number;
  readonly bind: (fd: number, address: Uint8Array, size: number) => number;
  /** Makes `to` another number of the file that is open as `from`; what was open as `to` before is closed. */
  readonly dup3: (from: number, to: number, flags: number) => number;
  /** Moves the calling thread, which is the one that runs JavaScript, into another namespace. */
  readonly setns: (fd: number, type: number) => number;
  /** In the words of the C library, such as `File exists`. */
  readonly strerror: (errorNumber: number) => string;
  readonly errorNumber: () => number;
}

const signatures = {
  socket: 'int socket(int domain, int type, int protocol)',
  send: 'intptr_t send(int fd, const void *bytes, size_t length, int flags)',
  sendto: 'intptr_t sendto(int fd, const void *bytes, size_t length, int flags, const void *address, uint32_t size)',
  recv: 'intptr_t recv(int fd, void *buffer, size_t length, int flags)',
  setsockopt: 'int setsockopt(int fd, int level, int option, const void *value, uint32_t length)',
  bind: 'int bind(int fd, const void *address, uint32_t size)',
  dup3: 'int dup3(int from, int to, int flags)',
  setns: 'int setns(int fd, int type)',
  strerror: 'const char *strerror(int number)',
} as const;

let loaded: SystemCalls | CommandError | undefined;

/**
 * The C library that this process has loaded already, through koffi; some 12 ms at the first call, a fraction of a
 * microsecond later.
 * @throws CommandError where koffi has nothing for this machine.
 */
export function systemCalls(): SystemCalls {
  loaded ??= load();
  if (loaded instanceof CommandError) throw loaded;
  return loaded;
}

/** Why the kernel cannot be called from here; undefined where it can. */
export function whyNoSystemCalls(): string | undefined {
  loaded ??= load();
  return loaded instanceof CommandError ? loaded.message : undefined;
}

function load(): SystemCalls | CommandError {
  try {
    // The messages of this folder are written in the byte order of the machines that EVE runs on.
    if (endianness() !== 'LE') throw new Error('this machine is big-endian');
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
    const library = koffi.load(null);
    const functions = Object.fromEntries(
      Object.entries(signatures).map(([name, signature]) => [name, library.func(signature)]),
    );
    return {
      ...functions,
      sendElsewhere: promisify(library.func(signatures.send).async),
      errorNumber: () => koffi.errno(),
    } as unknown as SystemCalls;
  } catch (cause) {
    return new CommandError({
      command: 'koffi',
      exitCode: null,
      stderr: '',
      reason: `the kernel cannot be called from here (${cause instanceof Error ? cause.message : String(cause)})`,
      cause,
    });
  }
}

/** The answer of a system call, unless it failed. @throws CommandError in the words of the C library. */
export function succeeded(answer: number, what: string): number {
  if (answer >= 0) return answer;
  const { strerror, errorNumber } = systemCalls();
  throw new CommandError({ command: what, exitCode: null, stderr: '', reason: strerror(errorNumber()) });
}
