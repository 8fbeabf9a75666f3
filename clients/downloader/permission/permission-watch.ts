import type { AuthorizedPort } from '../../../gen/nim/v1/port_authorization.js';
import type { CancelTimer, Clock } from '../../../lib/clock/index.js';
import { readRpcError } from '../../../lib/rpc/index.js';
import { betterPort } from './choose.js';
import type { Permissions } from './permissions.js';
import { whyStop, type StopReason } from './verdict.js';

/** A permission that nobody confirms ends after this: NIM is away, or hangs. A restart of NIM takes a second or two. */
export const CONFIRMATION_GRACE_MS = 10_000;
/** Grants end, and time passes, without anybody saying so. */
const LOOK_EVERY_MS = 200;
/** A better port must have been there for so long; leaving for it costs a connection. */
const BETTER_FOR_MS = 5_000;

/** A transfer was ended, with no fault of the source's. */
export class StoppedTransfer extends Error {
  override readonly name = 'StoppedTransfer';

  constructor(readonly reason: StopReason) {
    super(reason.detail);
  }
}

/** Watches the permission of one transfer: its signal aborts, at once, when the transfer must end. */
export class PermissionWatch {
  readonly #port: AuthorizedPort;
  readonly #permissions: Permissions;
  readonly #clock: Clock;
  readonly #isLeftOut: (label: string) => boolean;
  readonly #stopped = new AbortController();
  readonly #endings: (() => void)[];
  #cancelTimer: CancelTimer = () => undefined;
  #betterSinceMs: number | undefined;

  constructor(
    port: AuthorizedPort,
    parts: {
      readonly permissions: Permissions;
      readonly clock: Clock;
      /** Ports that are no better because they failed. */
      readonly isLeftOut: (label: string) => boolean;
    },
  ) {
    this.#port = port;
    this.#permissions = parts.permissions;
    this.#clock = parts.clock;
    this.#isLeftOut = parts.isLeftOut;
    const check = (): void => {
      this.#check();
    };
    this.#endings = [
      this.#permissions.onChange(check),
      this.#permissions.confirm(port.logicalLabel, (detail) => {
        this.stop(new StoppedTransfer({ kind: 'forbidden', detail }));
      }),
    ];
    this.#checkAgain();
  }

  /** Aborts with a StoppedTransfer, or with what it was stopped by. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  /** Asks NIM, before a connection. @throws StoppedTransfer where the answer is no, or none */
  async authorize(): Promise<void> {
    try {
      const { allowed, detail } = await this.#permissions.authorize(this.#port.logicalLabel);
      if (!allowed) this.stop(new StoppedTransfer({ kind: 'forbidden', detail }));
    } catch (error) {
      const detail = `NIM does not answer: ${readRpcError(error).message}`;
      this.stop(new StoppedTransfer({ kind: 'unconfirmed', detail }));
    }
    this.signal.throwIfAborted();
  }

  stop(reason: Error): void {
    this.#stopped.abort(reason);
  }

  end(): void {
    this.#cancelTimer();
    for (const ending of this.#endings) ending();
  }

  #checkAgain(): void {
    this.#cancelTimer = this.#clock.setTimer(LOOK_EVERY_MS, () => {
      this.#check();
      if (!this.signal.aborted) this.#checkAgain();
    });
  }

  #check(): void {
    const { latest: authorizations, unconfirmedMs } = this.#permissions;
    const [boottimeMs, graceMs] = [this.#clock.boottimeMs(), CONFIRMATION_GRACE_MS];
    const reason =
      whyStop({ port: this.#port, authorizations, boottimeMs, unconfirmedMs, graceMs }) ?? this.#whyLeave();
    if (reason !== undefined) this.stop(new StoppedTransfer(reason));
  }

  #whyLeave(): StopReason | undefined {
    const better = betterPort(this.#permissions.latest?.ports ?? [], this.#port.logicalLabel, this.#isLeftOut);
    if (better === undefined) {
      this.#betterSinceMs = undefined;
      return undefined;
    }
    const nowMs = this.#clock.monotonicMs();
    this.#betterSinceMs ??= nowMs;
    if (nowMs - this.#betterSinceMs < BETTER_FOR_MS) return undefined;
    return { kind: 'better-port', detail: `${better.logicalLabel} (priority ${better.priority}) is preferred` };
  }
}
