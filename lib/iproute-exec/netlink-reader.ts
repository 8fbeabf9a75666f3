import { CommandError } from './command-error.js';
import { IpReader, type IpReaderOptions } from './ip-reader.js';
import { netlinkQuery } from './netlink/ip-queries.js';
import { withSocket } from './netlink/sockets.js';
import { whyNoSystemCalls } from './netlink/system-calls.js';
import type { IpAnswer } from './read-unit.js';

export type NetlinkReaderOptions = Omit<IpReaderOptions, 'family'>;

/**
 * Reads links, addresses, routes and rules as IpReader does, in the same words, but by netlink where it is taught to: tens of
 * microseconds, without a process, and nothing is remembered that could be out of date. Other queries, and all where the kernel cannot be
 * called from here, go through an IpReader, whose children start with the first of them.
 *
 * Taught: `link show dev NAME`, `addr show dev NAME`, `addr show type KIND`, `rule show`, `route show table all default`,
 * `route show table all proto NUMBER`.
 */
export class NetlinkReader {
  private readonly isNative: boolean;
  private reader: IpReader | undefined;
  private closed = false;

  constructor(private readonly options: NetlinkReaderOptions = {}) {
    const reason = whyNoSystemCalls();
    this.isNative = reason === undefined;
    if (reason !== undefined)
      options.logger?.warn({ reason }, 'no netlink: ip, nft and conntrack do everything, which takes longer');
  }

  /**
   * Asks the queries; answers each, in the same order. What netlink can answer is answered before this returns.
   * @throws CommandError as IpReader.query does.
   */
  async query(commands: readonly (readonly string[])[]): Promise<readonly IpAnswer[]> {
    if (this.closed)
      throw new CommandError({ command: 'netlink', exitCode: null, stderr: '', reason: 'this reader is closed' });
    const native = this.isNative ? commands.map(netlinkQuery).filter((query) => query !== undefined) : [];
    if (native.length === 0 || native.length < commands.length) {
      this.reader ??= new IpReader(this.options);
      return this.reader.query(commands);
    }
    return withSocket('route', this.options.namespace, (socket) => native.map((query) => query(socket)));
  }

  /** As IpReader's: only what goes through it remembers anything. */
  forgetInterfaces(): void {
    this.reader?.forgetInterfaces();
  }

  /** Rejects what is not answered yet, ends the children and waits until they are gone. */
  async close(): Promise<void> {
    this.closed = true;
    await this.reader?.close();
  }
}
