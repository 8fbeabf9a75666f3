// The C library of this process, through koffi: the system calls that Node does not offer, and work inside another
// network namespace. The only room that binds native functions. What a call means (sockets of a port, netlink) stands
// in the rooms that call.
export { addressBytes, AF_INET, AF_INET6, AF_UNIX, checked, libc, whyNoLibc, type Libc } from './libc.js';
export { inNamespace, problemOfNamespace } from './in-namespace.js';
export { openUnixSocket, SOCK_DGRAM, SOCK_STREAM, unixAddress } from './unix-socket.js';
export { SystemCallError } from './system-call-error.js';
