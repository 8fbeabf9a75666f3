import { inNamespace } from './argv.js';
import { Monitor } from './monitor.js';
import type { WarnLogger } from './warn-logger.js';

export type MonitoredObject = 'link' | 'address' | 'route' | 'rule';

export interface IpMonitorOptions {
  readonly namespace?: string;
  readonly objects: readonly MonitoredObject[];
  readonly onLine: (line: string) => void;
  readonly onLost: () => void;
  readonly logger?: WarnLogger;
}

/**
 * Wakes its owner on changes of links, addresses, routes and rules, of both families: some 0.5 ms after the carrier goes down. onLine
 * gets ip's text, to be taken as "look again" only; onLost means that events were missed.
 */
export class IpMonitor {
  /** Resolves when events are heard; a snapshot that is read after that misses none. */
  readonly ready: Promise<void>;
  private readonly monitor: Monitor;

  /** @throws CommandError where the namespace is no such name. */
  constructor(options: IpMonitorOptions) {
    this.monitor = new Monitor({
      argv: inNamespace({ file: 'ip', args: ['-o', 'monitor', ...options.objects] }, options.namespace),
      onLine: options.onLine,
      onLost: options.onLost,
      logger: options.logger,
    });
    this.ready = this.monitor.ready;
  }

  close(): Promise<void> {
    return this.monitor.close();
  }
}
