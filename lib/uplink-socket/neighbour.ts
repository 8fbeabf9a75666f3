import { Rtnetlink, type Neighbour } from '../netlink/index.js';
import { asSocketError } from './socket-error.js';
import type { Uplink } from './uplink.js';

/**
 * What the kernel knows of a host on a port's own link (ARP, or neighbour discovery). `silent`: it was asked for and
 * has not answered. `known`: it has answered, if not just now. `none`: nobody has asked lately, or there is no such
 * interface.
 */
export type NeighbourState = 'none' | Neighbour['state'];

/** Asks the kernel, which answers within the call. @throws SocketError where it cannot be asked */
export function neighbourState({ interfaceName, namespace }: Uplink, address: string): NeighbourState {
  try {
    return new Rtnetlink(namespace).neighbour(interfaceName, address)?.state ?? 'none';
  } catch (error) {
    throw asSocketError(error, `asking for the neighbour ${address}`);
  }
}
