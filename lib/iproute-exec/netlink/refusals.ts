import { CommandError } from '../command-error.js';
import type { Message } from './message-reader.js';
import type { KernelError, NetlinkSocket } from './netlink-socket.js';

/** A listing that was changed by others while it was read is read again, this often. */
const listings = 5;

/** The kernel's refusal as this package's error; `command` in the words of ip, nft or conntrack. */
export function refused(command: string, { text }: KernelError): CommandError {
  return new CommandError({ command, exitCode: null, stderr: '', reason: text });
}

/**
 * Asks for a listing until it has been read in one piece, and answers what `parse` makes of each of its messages.
 * @throws CommandError where the kernel refuses.
 */
export function wholeListing<T>(
  socket: NetlinkSocket,
  command: string,
  request: Uint8Array,
  sequence: number,
  parse: (message: Message) => T | undefined,
): readonly T[] {
  for (let listing = 1; ; listing += 1) {
    const parsed: T[] = [];
    const { error, interrupted } = socket.dump(request, sequence, (message) => {
      const value = parse(message);
      if (value !== undefined) parsed.push(value);
    });
    if (error !== undefined) throw refused(command, error);
    if (!interrupted || listing === listings) return parsed;
  }
}
