import type { NetworkInstanceStatus } from '../../../gen/zedrouter/v1/network_router.js';
import type { CancelTimer, Clock } from '../../../lib/clock/index.js';

/** A service that is started again is back by then, or soon after. */
const PATIENCE_MS = 400;

/** Whom zedrouter follows, in words. */
export type UpstreamName = 'NIM' | 'zedagent';

/** Which of the services that are followed cannot be heard, dead or stopped, and since when that is worth a word. */
export class Silence {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #reasons = new Map<UpstreamName, string>();
  readonly #pending = new Map<UpstreamName, CancelTimer>();

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** What a stream of this service has come to; `why` it ended. */
  note(name: UpstreamName, state: 'connected' | 'disconnected', why = ''): void {
    this.#pending.get(name)?.();
    this.#pending.delete(name);
    if (state === 'connected') {
      if (this.#reasons.delete(name)) this.#onChange();
      return;
    }
    const cancel = this.#clock.setTimer(PATIENCE_MS, () => {
      this.#reasons.set(name, why);
      this.#onChange();
    });
    this.#pending.set(name, cancel);
  }

  /** A status that also says who cannot be heard. */
  addedTo(status: NetworkInstanceStatus): NetworkInstanceStatus {
    return this.#reasons.size === 0 ? status : { ...status, notices: [...status.notices, ...this.notices] };
  }

  /** In words, for whoever reads a status. */
  get notices(): readonly string[] {
    return [...this.#reasons].map(([name, why]) => {
      const service = name === 'NIM' ? 'nim' : name;
      const stays =
        name === 'NIM'
          ? 'traffic goes on as it said last, and moves only where the kernel moves it by itself'
          : 'the configuration and policy that it told last stay in force';
      return `${name} cannot be heard (${why}): ${stays}. Start it again: systemctl restart eve-uplink, or eve-uplink serve ${service}`;
    });
  }

  close(): void {
    for (const cancel of this.#pending.values()) cancel();
  }
}
