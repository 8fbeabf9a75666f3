import { networkInterfaces } from 'node:os';

import type { Caller } from '../../../lib/rpc/index.js';

/** The interface that has an address of this machine; undefined where none has. */
export type InterfaceWith = (address: string) => string | undefined;

/** As the kernel says now. */
export function interfaceWith(address: string): string | undefined {
  const interfaces = Object.entries(networkInterfaces());
  return interfaces.find(([, addresses]) => addresses?.some((each) => each.address === address))?.[0];
}

/** The interface by which a caller has come; undefined on this machine's own socket, or where no interface has it. */
export function callerInterface(caller: Caller, whichHas: InterfaceWith): string | undefined {
  if (caller.kind === 'local' || caller.localAddress === undefined) return undefined;
  // A listener on both families has IPv4 callers in the first form; an address of a link names its interface.
  return whichHas(caller.localAddress.replace(/^::ffff:/, '').replace(/%.*$/, ''));
}
