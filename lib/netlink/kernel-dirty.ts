import { EventSocket, type KernelObject } from './wire/event-socket.js';

/** One event is enough to know that something changed: what has no room beyond that is dropped, which is cheaper. */
const BUFFER_BYTES = 8 * 1024;

/**
 * Tells, when it is asked, whether the kernel is dirty: whether anything has changed since it was asked last. Until
 * then nobody is woken, however much changes, and however little time there is.
 */
export class KernelDirty {
  readonly #socket: EventSocket;

  /**
   * What happens from now on counts.
   * @throws NetlinkError where the kernel cannot be asked, or there is no such namespace.
   */
  constructor({
    objects,
    namespace,
  }: {
    readonly objects: readonly KernelObject[];
    readonly namespace?: string | undefined;
  }) {
    this.#socket = EventSocket.open({ objects, namespace, bufferBytes: BUFFER_BYTES });
  }

  /** Since this was asked last. Where it cannot be known: yes. */
  hasChanged(): boolean {
    return this.#socket.heardAnything();
  }

  close(): void {
    this.#socket.close();
  }
}
