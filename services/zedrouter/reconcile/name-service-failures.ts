import type { Failure } from '../apply/apply.js';
import type { NameServiceOperation } from '../apply/name-service-queue.js';
import type { Dataplane, NameService } from '../desired/dataplane.js';

/** A name service of which nobody knows how it is. */
const UNKNOWN: NameService = { config: '', dhcpHosts: '', hosts: '', servers: '' };

/** What last went wrong with name services: it comes and goes beside what is desired. */
export class NameServiceFailures {
  readonly #byBridge = new Map<string, Failure>();

  /** Takes in how an operation went: `message` says why it failed. Answers whether there is anything new to tell. */
  note(operation: NameServiceOperation, message: string | undefined): boolean {
    const hadFailed = this.#byBridge.delete(operation.bridge);
    if (message !== undefined) this.#byBridge.set(operation.bridge, { operation, message });
    return hadFailed || message !== undefined;
  }

  list(): readonly Failure[] {
    return [...this.#byBridge.values()];
  }

  /** The dataplane with those that failed unknown, so that each is planned anew. */
  forgottenIn(dataplane: Dataplane): Dataplane {
    if (this.#byBridge.size === 0) return dataplane;
    const unknown = [...this.#byBridge.keys()].map((bridge) => [bridge, UNKNOWN] as const);
    return { ...dataplane, nameServices: new Map([...dataplane.nameServices, ...unknown]) };
  }
}
