import { NetlinkError } from '../netlink-error.js';
import type { Message } from './message-reader.js';
import type { KernelRefusal, NetlinkSocket } from './netlink-socket.js';

/** A listing that was changed by others while it was read is read again, this often. */
const MOST_LISTINGS = 5;

/** The kernel's refusal as an error; `request` in the words of ip, nft or conntrack. */
export function refusal(request: string, { errno, text }: KernelRefusal): NetlinkError {
  return new NetlinkError(request, text, { errno });
}

/**
 * Asks for a listing until it has been read in one piece, and answers what `parse` makes of each of its messages.
 * @throws NetlinkError where the kernel refuses.
 */
export function wholeListing<T>(
  socket: NetlinkSocket,
  request: string,
  bytes: Uint8Array,
  sequence: number,
  parse: (message: Message) => T | undefined,
): readonly T[] {
  for (let listing = 1; ; listing += 1) {
    const parsed: T[] = [];
    const { error, interrupted } = socket.dump(bytes, sequence, (message) => {
      const value = parse(message);
      if (value !== undefined) parsed.push(value);
    });
    if (error !== undefined) throw refusal(request, error);
    if (!interrupted || listing === MOST_LISTINGS) return parsed;
  }
}
