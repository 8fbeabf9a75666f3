import { AF_UNIX, checked, libc } from './libc.js';
import { SystemCallError } from './system-call-error.js';

/** linux/net.h */
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

/** sun_path holds 108 bytes (unix(7)). */
const MOST_PATH_BYTES = 108;

/** A sockaddr_un; a name that begins with @ is one of the abstract namespace. @throws SystemCallError ENAMETOOLONG */
export function unixAddress(name: string): Buffer {
  const path = Buffer.from(name.startsWith('@') ? `\0${name.slice(1)}` : name, 'utf8');
  if (path.length >= MOST_PATH_BYTES) throw new SystemCallError('ENAMETOOLONG', `${name}: too long for a Unix socket`);
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, path]);
}

/** The descriptor of a new Unix socket, which no other program inherits and which never blocks. */
export function openUnixSocket(type: typeof SOCK_STREAM | typeof SOCK_DGRAM): number {
  return checked(libc().socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'opening a Unix socket');
}
