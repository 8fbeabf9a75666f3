import { emptyView, followView, type StatusView } from '../../clients/status-view/index.js';
import { monotonicMs } from '../monotonic.js';

/** When something became known to a subscriber of the services' streams, on the monotonic clock. */
interface Noted {
  readonly networkInstance: string;
  /** Logical label; undefined: no port. */
  readonly port: string | undefined;
  readonly atMs: number;
}

/** Follows the services' streams as any client does, and notes when each network instance was said to have moved. */
export class ShipWatch {
  readonly #abort = new AbortController();
  readonly #following: Promise<void>;
  readonly #selections: Noted[] = [];
  readonly #onView: (view: StatusView) => void;
  #view = emptyView;

  constructor(runDir: string, onView: (view: StatusView) => void) {
    this.#onView = onView;
    this.#following = followView({ runDir }, this.#abort.signal, (view) => {
      this.#take(view);
    });
  }

  get view(): StatusView {
    return this.#view;
  }

  /** The port that NIM selected; undefined: none. */
  selectedPort(networkInstance: string): string | undefined {
    return this.#view.selections.find(({ displayName }) => displayName === networkInstance)?.selectedPort?.logicalLabel;
  }

  /** The interface that zedrouter reports as in use; undefined: none. */
  appliedPort(networkInstance: string): string | undefined {
    const status = this.#view.applied.find(({ displayName }) => displayName === networkInstance);
    return status === undefined || status.interfaceInUse === '' ? undefined : status.interfaceInUse;
  }

  /** When NIM's stream first said, at or after `sinceMs`, that the network instance uses this port. */
  selectionAtMs(networkInstance: string, port: string | undefined, sinceMs: number): number | undefined {
    return this.#selections.find(
      (noted) => noted.networkInstance === networkInstance && noted.port === port && noted.atMs >= sinceMs,
    )?.atMs;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#following;
  }

  #take(view: StatusView): void {
    const atMs = monotonicMs();
    for (const { displayName, selectedPort } of view.selections) {
      const port = selectedPort?.logicalLabel;
      const last = this.#selections.findLast(({ networkInstance }) => networkInstance === displayName);
      if (last === undefined || last.port !== port) this.#selections.push({ networkInstance: displayName, port, atMs });
    }
    this.#view = view;
    this.#onView(view);
  }
}
