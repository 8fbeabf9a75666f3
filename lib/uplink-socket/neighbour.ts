import { addressBytes, checked, inNamespace, libc } from '../libc/index.js';
import { withSocketErrors } from './socket-error.js';
import type { Uplink } from './uplink.js';

/**
 * What the kernel knows of a host on a port's own link (ARP, or neighbour discovery). `silent`: it was asked for and
 * has not answered. `known`: it has answered, if not just now. `none`: nobody has asked lately, or there is no such
 * interface.
 */
export type NeighbourState = 'none' | 'silent' | 'known';

// linux/netlink.h, linux/rtnetlink.h, linux/neighbour.h
const AF_NETLINK = 16;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const RTM_NEWNEIGH = 28;
const RTM_GETNEIGH = 30;
const NLM_F_REQUEST = 1;
const NDA_DST = 1;
const NUD_INCOMPLETE = 0x01;
const NUD_FAILED = 0x20;
const HEADER_BYTES = 16;
const NDMSG_BYTES = 12;
const STATE_AT = HEADER_BYTES + 8;

/** Asks the kernel, which answers within the call. @throws SocketError where it cannot be asked */
export function neighbourState({ interfaceName, namespace }: Uplink, address: string): NeighbourState {
  return withSocketErrors(() => inNamespace(namespace, () => stateIn(interfaceName, address)));
}

function stateIn(interfaceName: string, address: string): NeighbourState {
  const index = libc().ifNameToIndex(interfaceName);
  if (index === 0) return 'none';
  const fd = checked(libc().socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, 0), 'opening a netlink socket');
  try {
    const request = neighbourRequest(index, address);
    checked(libc().send(fd, request, request.length, 0), `asking for the neighbour ${address}`);
    const answer = Buffer.alloc(1024);
    const length = libc().recv(fd, answer, answer.length, 0);
    return stateOf(answer.subarray(0, Math.max(0, length)));
  } finally {
    libc().close(fd);
  }
}

/** RTM_GETNEIGH for one entry (Linux 5.0). */
function neighbourRequest(interfaceIndex: number, address: string): Buffer {
  const bytes = addressBytes(address);
  const request = Buffer.alloc(HEADER_BYTES + NDMSG_BYTES + 4 + bytes.length);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(RTM_GETNEIGH, 4);
  request.writeUInt16LE(NLM_F_REQUEST, 6);
  request.writeUInt8(bytes.length === 4 ? 2 : 10, HEADER_BYTES);
  request.writeInt32LE(interfaceIndex, HEADER_BYTES + 4);
  request.writeUInt16LE(4 + bytes.length, HEADER_BYTES + NDMSG_BYTES);
  request.writeUInt16LE(NDA_DST, HEADER_BYTES + NDMSG_BYTES + 2);
  bytes.copy(request, HEADER_BYTES + NDMSG_BYTES + 4);
  return request;
}

function stateOf(answer: Buffer): NeighbourState {
  // Anything else is NLMSG_ERROR: no such entry.
  if (answer.length < HEADER_BYTES + NDMSG_BYTES || answer.readUInt16LE(4) !== RTM_NEWNEIGH) return 'none';
  return (answer.readUInt16LE(STATE_AT) & (NUD_INCOMPLETE | NUD_FAILED)) === 0 ? 'known' : 'silent';
}
