import { statSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';

import {
  checked,
  inNamespace,
  libc,
  openUnixSocket,
  SOCK_STREAM,
  SystemCallError,
  unixAddress,
} from '../../../lib/libc/index.js';

/** Abstract: nobody's file, and gone with its process, however that ends. Each network namespace has its own. */
const NAME = '@eve-uplink/zedrouter';

/** Another process reconciles this network namespace. */
export class KernelInUseError extends Error {
  override readonly name = 'KernelInUseError';

  constructor() {
    super(
      'another zedrouter works on the kernel of this network namespace, whatever its --run-dir; end it first (ss -xlp shows it as eve-uplink/zedrouter)',
    );
  }
}

/** asm-generic/socket.h */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const BACKLOG = 128;

/**
 * Makes this process the only one of ours that changes the kernel of a network namespace, until it ends or `release`.
 * The name is anybody's to take: where it is held by a user who could not change the kernel anyway, `onSquatter` is
 * told, and this goes on without it. Ours are root, this process's user, and those of the group that owns `socket`, the
 * service's own, of now or of a run before.
 * @throws KernelInUseError where another one of ours holds it
 */
export function ownKernel(
  { namespace, socket }: { readonly namespace: string | undefined; readonly socket: string },
  onSquatter: () => void,
): { readonly release: () => void } {
  const address = unixAddress(NAME);
  // A socket belongs to the namespace that it was made in, and so does its name.
  const descriptor = inNamespace(namespace, () => openUnixSocket(SOCK_STREAM));
  try {
    checked(libc().bind(descriptor, address, address.length), 'taking the kernel of this network namespace');
    checked(libc().listen(descriptor, BACKLOG), 'taking the kernel of this network namespace');
  } catch (error) {
    libc().close(descriptor);
    if (!(error instanceof SystemCallError && error.code === 'EADDRINUSE')) throw error;
    if (isHeldByUs(namespace, socket)) throw new KernelInUseError();
    onSquatter();
    return { release: () => undefined };
  }
  let isHeld = true;
  return {
    release: () => {
      if (isHeld) libc().close(descriptor);
      isHeld = false;
    },
  };
}

/** Whether the holder of the name is root, of this process's user, or of the group of our socket. */
function isHeldByUs(namespace: string | undefined, socket: string): boolean {
  const address = unixAddress(NAME);
  const descriptor = inNamespace(namespace, () => openUnixSocket(SOCK_STREAM));
  try {
    // Nobody listens: not one of ours, which listens in the same breath. Many wait already: then somebody does.
    if (libc().connect(descriptor, address, address.length) < 0) {
      return codeOfErrno(libc().errorNumber()) !== 'ECONNREFUSED';
    }
    // struct ucred: pid, uid, gid
    const credentials = Buffer.alloc(12);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(credentials.length);
    checked(libc().getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, length), 'asking who holds the kernel');
    const [holder, group] = [credentials.readUInt32LE(4), credentials.readUInt32LE(8)];
    if (holder === 0 || holder === process.getuid?.()) return true;
    return group !== 0 && group === statSync(socket, { throwIfNoEntry: false })?.gid;
  } finally {
    libc().close(descriptor);
  }
}

function codeOfErrno(errno: number): string {
  return getSystemErrorName(-errno);
}
