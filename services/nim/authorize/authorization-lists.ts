import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { AuthorizedPort, PortAuthorizations } from '../../../gen/nim/v1/port_authorization.js';
import { whenAborted, type CancelTimer, type Clock } from '../../../lib/clock/index.js';
import { operations } from '../../../lib/configuration/index.js';
import { StateStore, untilSent, type ResumePoint, type StateChange } from '../../../lib/rpc/index.js';
import { portAuthorizations } from './authorization.js';
import { equalButForTimes, WallTime, type Published, type Publisher } from '../publish/index.js';

const KEY = 'ports';

/** Longer than zedrouter takes to move a hundred network instances, and short enough for a download not to mind. */
const TOLD_AFTER_MS = 50;

/** The ports of each operation, made anew after each decision; readers hear of what concerns their operation. */
export class AuthorizationLists {
  readonly #publisher: Publisher;
  readonly #clock: Clock;
  readonly #stores: ReadonlyMap<NetworkOperation, StateStore<PortAuthorizations>>;
  /** What the lists do not show yet. */
  #news: Published | undefined;
  #cancelTelling: CancelTimer | undefined;

  constructor(publisher: Publisher, clock: Clock) {
    this.#publisher = publisher;
    this.#clock = clock;
    const { epoch } = publisher.testStatuses;
    this.#stores = new Map(
      operations.map((operation) => [operation, new StateStore<PortAuthorizations>({ epoch, equals: samePorts })]),
    );
  }

  /**
   * Follows what is published until the signal aborts. What somebody may use is told as soon as the streams of NITS
   * have it; what became of ports a moment later, for then their users' traffic is being moved. Whoever asks gets what
   * is true.
   */
  follow(signal: AbortSignal): void {
    const tell = (): void => {
      this.#takeNews();
    };
    this.#publisher.onNews((published, isNewModel) => {
      this.#news = published;
      if (isNewModel) void untilSent().then(tell);
      else this.#cancelTelling ??= this.#clock.setTimer(TOLD_AFTER_MS, tell);
    }, signal);
    whenAborted(signal, () => {
      this.#stopWaiting();
    });
  }

  #takeNews(): void {
    this.#stopWaiting();
    const news = this.#news;
    this.#news = undefined;
    if (news === undefined) return;
    for (const [operation, store] of this.#stores) {
      store.replaceAll(new Map([[KEY, this.list(operation, news)]]));
    }
  }

  #stopWaiting(): void {
    this.#cancelTelling?.();
    this.#cancelTelling = undefined;
  }

  /** An operation's ports as they are now, times of tests up to date. */
  list(operation: NetworkOperation, published: Published): PortAuthorizations {
    const { ports } = this.#publisher;
    const [nowMs, wall] = [this.#clock.monotonicMs(), new WallTime(this.#clock)];
    return portAuthorizations(operation, published, (label) => ports.get(label), nowMs, wall);
  }

  /** A port's entry among an operation's, if it has one: of what is true now, whether readers have been told or not. */
  entry(operation: NetworkOperation, label: string): AuthorizedPort | undefined {
    const news = this.#news;
    const current = news === undefined ? this.#stores.get(operation)?.get(KEY) : this.list(operation, news);
    return current?.ports.find(({ logicalLabel }) => logicalLabel === label);
  }

  /**
   * An operation's ports, as they were told last, and after each change; a first list comes as soon as there is one.
   */
  async *watch(
    operation: NetworkOperation,
    resume: ResumePoint,
    signal: AbortSignal,
  ): AsyncGenerator<StateChange<PortAuthorizations>, void, undefined> {
    const store = this.#stores.get(operation);
    if (store !== undefined) yield* store.watch(resume, signal);
  }
}

/** Versions by themselves are no news: the list says under which it came to be what it is. */
function samePorts(a: PortAuthorizations, b: PortAuthorizations): boolean {
  return equalButForTimes(a.ports, b.ports) && equalButForTimes(a.denied, b.denied);
}
