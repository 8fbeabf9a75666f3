import { NetworkInterfaceManagerServiceClient } from '../../gen/nim/v1/network_interface_manager.js';
import { NetworkRouterServiceClient } from '../../gen/zedrouter/v1/network_router.js';
import { createLogger } from '../../services/observability/index.js';
import { connectTo, follow } from '../../services/rpc/index.js';
import { monotonicMs } from '../lab/index.js';

const longestWaitMs = 20_000;

interface Seen {
  readonly port: string;
  readonly atMs: number;
}

/** A subscriber like any other: notes when it hears which port a network instance is to use, and does use. */
export class SelectionWatch {
  readonly #selected = new Map<string, Seen>();
  readonly #applied = new Map<string, Seen>();
  readonly #ending = new AbortController();
  readonly #following: Promise<unknown>;
  #waiting: (() => void)[] = [];

  constructor(runDir: string) {
    const nim = connectTo(NetworkInterfaceManagerServiceClient, `unix:${runDir}/nim.sock`);
    const zedrouter = connectTo(NetworkRouterServiceClient, `unix:${runDir}/zedrouter.sock`);
    const logger = createLogger({ service: 'bench', level: 'silent' });
    const { signal } = this.#ending;
    this.#following = Promise.all([
      follow({
        signal,
        logger,
        open: () => nim.watchNetworkInstanceTestStatus({ epoch: '', afterRevision: 0n }),
        onMessage: ({ statuses }) => {
          for (const { displayName, selectedPort } of statuses) {
            note(this.#selected, displayName, selectedPort?.logicalLabel ?? '');
          }
          this.#wake();
        },
      }),
      follow({
        signal,
        logger,
        open: () => zedrouter.watchNetworkInstanceStatus({ epoch: '', afterRevision: 0n }),
        onMessage: ({ statuses }) => {
          for (const { displayName, interfaceInUse } of statuses) note(this.#applied, displayName, interfaceInUse);
          this.#wake();
        },
      }),
    ]).finally(() => {
      nim.close();
      zedrouter.close();
    });
  }

  /** When the subscriber heard that the network instance is to use this port; waits for it. */
  selected(name: string, port: string): Promise<number> {
    return this.#when(this.#selected, name, port);
  }

  /** When the subscriber heard that it does. */
  applied(name: string, port: string): Promise<number> {
    return this.#when(this.#applied, name, port);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#following;
  }

  async #when(seen: ReadonlyMap<string, Seen>, name: string, port: string): Promise<number> {
    const deadlineMs = monotonicMs() + longestWaitMs;
    for (;;) {
      const now = seen.get(name);
      if (now?.port === port) return now.atMs;
      if (monotonicMs() > deadlineMs) throw new Error(`${name} is not on ${port} after ${longestWaitMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function note(seen: Map<string, Seen>, name: string, port: string): void {
  if (seen.get(name)?.port !== port) seen.set(name, { port, atMs: monotonicMs() });
}
