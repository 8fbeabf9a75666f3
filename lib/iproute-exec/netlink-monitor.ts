import type { Socket } from 'node:dgram';

import { IpMonitor, type IpMonitorOptions } from './ip-monitor.js';
import { eventLine } from './netlink/event-line.js';
import { EventSocket, type KernelObject } from './netlink/event-socket.js';
import { messagesIn } from './netlink/message-reader.js';
import { polled } from './netlink/polled-socket.js';
import { whyNoSystemCalls } from './netlink/system-calls.js';

export interface NetlinkMonitorOptions extends IpMonitorOptions {
  /** Rules have no line of their own: see KernelNews. */
  readonly objects: readonly Exclude<KernelObject, 'rule'>[];
}

/** Some thousand events. */
const bufferBytes = 4 * 1024 * 1024;

/**
 * Wakes its owner as IpMonitor does, in the same words, but by netlink: without a process between the kernel and us, which on a busy
 * machine would have to wait for a processor of its own. Of IPv4 only. Where the kernel cannot be called from here, and where the
 * namespace is not there yet, it is an IpMonitor.
 */
export class NetlinkMonitor {
  /** Resolves when events are heard; a snapshot that is read after that misses none. */
  readonly ready: Promise<void>;
  readonly #options: NetlinkMonitorOptions;
  readonly #source: Socket | IpMonitor;

  /** @throws CommandError where the namespace is no such name. */
  constructor(options: NetlinkMonitorOptions) {
    this.#options = options;
    this.#source = this.#listen() ?? new IpMonitor(options);
    this.ready = this.#source instanceof IpMonitor ? this.#source.ready : Promise.resolve();
  }

  async close(): Promise<void> {
    const source = this.#source;
    if (source instanceof IpMonitor) await source.close();
    else await new Promise<void>((resolve) => source.close(resolve));
  }

  #listen(): Socket | undefined {
    if (whyNoSystemCalls() !== undefined) return undefined;
    const { objects, namespace, logger } = this.#options;
    try {
      const socket = polled(EventSocket.open({ objects, namespace, bufferBytes }).fd);
      socket.on('message', (bytes) => {
        this.#take(bytes);
      });
      // ENOBUFS: more came than had room. Nothing else is known to happen to such a socket; it goes on either way.
      socket.on('error', (error) => {
        logger?.warn({ err: error }, 'events of the kernel were lost');
        this.#options.onLost();
      });
      return socket.unref();
    } catch (error) {
      logger?.warn({ err: error }, 'events of the kernel cannot be heard by netlink, `ip monitor` tells them');
      return undefined;
    }
  }

  #take(bytes: Buffer): void {
    for (const message of messagesIn(bytes)) {
      const line = eventLine(message);
      if (line !== undefined) this.#options.onLine(line);
    }
  }
}
