import { inNamespace } from './argv.js';
import { Monitor } from './monitor.js';
import type { WarnLogger } from './warn-logger.js';

export interface NftMonitorOptions {
  readonly namespace?: string;
  readonly onLine: (line: string) => void;
  readonly onLost: () => void;
  readonly logger?: WarnLogger;
}

/**
 * Wakes its owner on every change of the ruleset, by whomever: each transaction ends with a line
 * `# new generation N by process PID (NAME)`. onLost means that events were missed.
 */
export class NftMonitor {
  /** Resolves when events are heard; a listing that is read after that misses none. */
  readonly ready: Promise<void>;
  private readonly monitor: Monitor;

  /** @throws CommandError where the namespace is no such name. */
  constructor(options: NftMonitorOptions) {
    this.monitor = new Monitor({
      argv: inNamespace({ file: 'nft', args: ['monitor'] }, options.namespace),
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
