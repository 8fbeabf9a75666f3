import type { Operation } from '../plan/operations.js';
import { reloadNameService, startNameService, stopNameService } from './name-services.js';

/** A change to a dnsmasq. */
export type NameServiceOperation = Extract<
  Operation,
  { kind: 'name-service-start' | 'name-service-reload' | 'name-service-stop' }
>;

export interface NameServiceQueueOptions {
  readonly directory: string;
  readonly namespace: string | undefined;
  /** Each operation that was carried out, and why it failed; undefined: it did not. */
  readonly onDone: (operation: NameServiceOperation, failure: string | undefined) => void;
}

export function isNameServiceOperation(operation: Operation): operation is NameServiceOperation {
  return operation.kind.startsWith('name-service-');
}

/**
 * Changes name services beside everything else, one after the other: a hundred of them take a while, and no switch
 * shall wait for that. Of several changes to one name service only the newest is carried out.
 */
export class NameServiceQueue {
  readonly #options: NameServiceQueueOptions;
  /** By bridge, in the order in which they are to be done. */
  readonly #waiting = new Map<string, NameServiceOperation>();
  #current: string | undefined;
  #working: Promise<void> | undefined;

  constructor(options: NameServiceQueueOptions) {
    this.#options = options;
  }

  add(operations: readonly NameServiceOperation[]): void {
    for (const operation of operations) {
      this.#waiting.set(operation.bridge, joined(this.#waiting.get(operation.bridge), operation));
    }
    this.#working ??= this.#work();
  }

  /** Whether anything of this bridge waits or is being done. */
  isBusyWith(bridge: string): boolean {
    return this.#waiting.has(bridge) || this.#current === bridge;
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    for (;;) {
      // Whoever waits for the event loop comes first.
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = this.#waiting.values();
      if (next === undefined) break;
      this.#waiting.delete(next.bridge);
      this.#current = next.bridge;
      const failure = await this.#execute(next).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      this.#current = undefined;
      this.#options.onDone(next, failure);
    }
    this.#working = undefined;
  }

  async #execute(operation: NameServiceOperation): Promise<void> {
    switch (operation.kind) {
      case 'name-service-start':
        await startNameService(operation, this.#options);
        return;
      case 'name-service-reload':
        await reloadNameService(operation, this.#options);
        return;
      case 'name-service-stop':
        await stopNameService(this.#options.directory, operation.bridge);
        return;
    }
  }
}

/** One that waits to be started is started with what came later; a running one would not read all of it again. */
function joined(waiting: NameServiceOperation | undefined, newer: NameServiceOperation): NameServiceOperation {
  return waiting?.kind === 'name-service-start' && newer.kind === 'name-service-reload'
    ? { ...newer, kind: 'name-service-start' }
    : newer;
}
