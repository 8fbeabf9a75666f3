import { CommandError } from './command-error.js';
import { IpWriter, type IpWriterOptions } from './ip-writer.js';
import { netlinkCommand, type NetlinkCommand } from './netlink/ip-commands.js';
import { MessageWriter } from './netlink/message-writer.js';
import type { NetlinkSocket } from './netlink/netlink-socket.js';
import { withSocket } from './netlink/sockets.js';
import { readLink } from './netlink/read-links.js';
import { whyNoSystemCalls } from './netlink/system-calls.js';
import { SerialQueue } from './serial-queue.js';
import type { IpResult } from './write-pass.js';

export type NetlinkWriterOptions = Omit<IpWriterOptions, 'family'>;

/** Requests whose acknowledgements certainly fit into a socket. */
const requestsAtOnce = 64;

/**
 * Changes links, addresses, routes, rules and neighbours as IpWriter does, in the same words, but by netlink where it is taught to: some
 * 10 us a rule, without a process. Runs that have other commands, and all where the kernel cannot be called from here, go through an
 * IpWriter, whose child starts with the first of them.
 *
 * Taught, for IPv4: `rule add` and `rule del` with pref, from, fwmark, oif, lookup or unreachable, protocol; `route replace` and `route del`
 * with via, dev, src, table, proto, onlink; `neigh replace ADDRESS dev NAME use`.
 */
export class NetlinkWriter {
  private readonly isNative = whyNoSystemCalls() === undefined;
  private readonly queue = new SerialQueue();
  private writer: IpWriter | undefined;
  private closed = false;

  constructor(private readonly options: NetlinkWriterOptions = {}) {}

  /** Runs the commands in order; answers each, in the same order. @throws CommandError as IpWriter.run does. */
  run(commands: readonly (readonly string[])[]): Promise<readonly IpResult[]> {
    if (this.closed) {
      const reason = 'this writer is closed';
      return Promise.reject(new CommandError({ command: 'netlink', exitCode: null, stderr: '', reason }));
    }
    return this.queue.add(async () => {
      const native = this.isNative ? commands.map(netlinkCommand).filter((command) => command !== undefined) : [];
      if (native.length === commands.length) return this.runNative(commands, native);
      this.writer ??= new IpWriter(this.options);
      return this.writer.run(commands);
    });
  }

  /** As IpWriter's: only what goes through it remembers anything. */
  forgetInterfaces(): void {
    this.writer?.forgetInterfaces();
  }

  /** Waits for the runs that were asked for, then ends the child and waits until it is gone. */
  async close(): Promise<void> {
    this.closed = true;
    await this.queue.idle();
    await this.writer?.close();
  }

  private runNative(commands: readonly (readonly string[])[], native: readonly NetlinkCommand[]): readonly IpResult[] {
    if (native.length === 0) return [];
    return withSocket('route', this.options.namespace, (socket) => {
      const indexes = new Map<string, number | undefined>();
      const errors = new Map<NetlinkCommand, string>();
      for (let first = 0; first < native.length; first += requestsAtOnce) {
        runGroup(socket, native.slice(first, first + requestsAtOnce), indexes, errors);
      }
      return native.map((command, position): IpResult => {
        const error = errors.get(command);
        return error === undefined ? { ok: true } : { ok: false, command: commands[position]?.join(' ') ?? '', error };
      });
    });
  }
}

/** Sends a few commands at once; those that failed are put into `errors`. */
function runGroup(
  socket: NetlinkSocket,
  group: readonly NetlinkCommand[],
  indexes: Map<string, number | undefined>,
  errors: Map<NetlinkCommand, string>,
): void {
  const writer = new MessageWriter();
  const sent = new Map<number, NetlinkCommand>();
  let last = 0;
  for (const command of group) {
    const { dev } = command;
    if (dev !== undefined && !indexes.has(dev)) indexes.set(dev, readLink(socket, dev)?.ifindex);
    const index = dev === undefined ? 0 : indexes.get(dev);
    if (index === undefined) {
      errors.set(command, `Cannot find device "${dev ?? ''}"`);
      continue;
    }
    last = command.write(writer, index);
    sent.set(last, command);
  }
  if (sent.size === 0) return;
  for (const [sequence, error] of socket.acknowledged(writer.bytes, last)) {
    const command = sent.get(sequence);
    if (command !== undefined) errors.set(command, `RTNETLINK answers: ${error.text}`);
  }
}
