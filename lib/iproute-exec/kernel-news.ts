import { EventSocket, type KernelObject } from './netlink/event-socket.js';

/** One event is enough to know that there is news: what has no room beyond that is dropped by the kernel, which is cheaper. */
const bufferBytes = 8 * 1024;

/**
 * Tells, when it is asked, whether anything has changed since it was asked last. Until then nobody is woken, however much changes, and
 * however little time there is.
 */
export class KernelNews {
  readonly #socket: EventSocket;

  /**
   * What happens from now on is news.
   * @throws CommandError where the kernel cannot be called from here, or there is no such namespace.
   */
  constructor({ objects, namespace }: { readonly objects: readonly KernelObject[]; readonly namespace?: string }) {
    this.#socket = EventSocket.open({ objects, namespace, bufferBytes });
  }

  /** Since this was asked last. Where it cannot be known: yes. */
  hasChanged(): boolean {
    return this.#socket.heardAnything();
  }

  close(): void {
    this.#socket.close();
  }
}
