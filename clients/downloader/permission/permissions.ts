import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type {
  AuthorizePortResponse,
  PortAuthorizations,
  PortAuthorizationServiceClient,
} from '../../../gen/nim/v1/port_authorization.js';
import { whenAborted, type CancelTimer, type Clock } from '../../../lib/clock/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import { call, follow, readRpcError } from '../../../lib/rpc/index.js';

const ASK_TIMEOUT_MS = 3_000;
/** While a transfer runs, a NIM that says nothing is asked so often whether the permission still holds. */
const CONFIRM_EVERY_MS = 3_000;

/** What NIM permits an operation: followed as it changes, and asked for before each connection. */
export class Permissions {
  readonly #client: PortAuthorizationServiceClient;
  readonly #operation: NetworkOperation;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  readonly #leaving = new AbortController();
  readonly #following: Promise<void>;
  #latest: PortAuthorizations | undefined;
  #epoch = '';
  #revision = 0n;
  #confirmedAtMs: number;
  #problem: string | undefined;

  /** Follows until it is closed. */
  constructor(
    client: PortAuthorizationServiceClient,
    operation: NetworkOperation,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#client = client;
    this.#operation = operation;
    this.#clock = clock;
    this.#confirmedAtMs = clock.monotonicMs();
    this.#following = follow({
      open: () => client.watchAuthorizedPorts({ operation, epoch: this.#epoch, afterRevision: this.#revision }),
      onMessage: ({ epoch, revision, authorizations }) => {
        this.#epoch = epoch;
        this.#revision = revision;
        if (authorizations !== undefined) this.#take(authorizations);
      },
      onState: (state, why) => {
        this.#problem = state === 'connected' ? undefined : (why ?? 'NIM has ended the stream');
        this.#tell();
      },
      signal: this.#leaving.signal,
      logger,
      clock,
    });
  }

  /** What NIM said last; undefined before it has said anything. */
  get latest(): PortAuthorizations | undefined {
    return this.#latest;
  }

  /** Why NIM cannot be heard now; undefined: it can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** How long ago NIM last said, or confirmed, what it permits. */
  get unconfirmedMs(): number {
    return this.#clock.monotonicMs() - this.#confirmedAtMs;
  }

  /** Asks NIM for the ports, once. @throws RpcError */
  async ask(): Promise<PortAuthorizations> {
    const { authorizations } = await call(
      this.#client,
      'listAuthorizedPorts',
      { operation: this.#operation },
      { timeoutMs: ASK_TIMEOUT_MS },
    );
    if (authorizations === undefined) throw readRpcError(new Error('NIM answered without ports'));
    // What the stream has said meanwhile is newer.
    if (this.#latest === undefined) this.#take(authorizations);
    return authorizations;
  }

  /** Asks NIM whether a port may be used now. @throws RpcError */
  async authorize(port: string): Promise<AuthorizePortResponse> {
    const askedAtMs = this.#clock.monotonicMs();
    const request = { operation: this.#operation, port };
    const answer = await call(this.#client, 'authorizePort', request, { timeoutMs: ASK_TIMEOUT_MS });
    this.#confirmedAtMs = Math.max(this.#confirmedAtMs, askedAtMs);
    return answer;
  }

  /** Asks again and again whether the port may be used, until what is returned is called; `onDenied` hears of a no. */
  confirm(port: string, onDenied: (detail: string) => void): () => void {
    let cancelTimer: CancelTimer = () => undefined;
    let isOver = false;
    const askLater = (): void => {
      cancelTimer = this.#clock.setTimer(CONFIRM_EVERY_MS, () => {
        this.authorize(port)
          .then(
            ({ allowed, detail }) => {
              if (!allowed && !isOver) onDenied(detail);
            },
            // How long nobody has confirmed says the rest.
            () => undefined,
          )
          .finally(() => {
            if (!isOver) askLater();
          });
      });
    };
    askLater();
    return () => {
      isOver = true;
      cancelTimer();
    };
  }

  /** Calls `fn` after each change of what is known, until what is returned is called. */
  onChange(fn: () => void): () => void {
    this.#listeners.add(fn);
    return () => {
      this.#listeners.delete(fn);
    };
  }

  /** Waits for the next change, or so long, or until the signal aborts. */
  changed(forMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let stopWaiting = (): void => undefined;
      const finish = (): void => {
        stopListening();
        cancelTimer();
        stopWaiting();
        resolve();
      };
      const stopListening = this.onChange(finish);
      const cancelTimer = this.#clock.setTimer(forMs, finish);
      stopWaiting = whenAborted(signal, finish);
    });
  }

  async close(): Promise<void> {
    this.#leaving.abort();
    await this.#following;
  }

  #take(authorizations: PortAuthorizations): void {
    this.#latest = authorizations;
    this.#confirmedAtMs = this.#clock.monotonicMs();
    this.#tell();
  }

  #tell(): void {
    for (const fn of [...this.#listeners]) fn();
  }
}
