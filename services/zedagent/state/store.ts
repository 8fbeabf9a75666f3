import { status } from '@grpc/grpc-js';

import type { DeviceConfig } from '../../../gen/zedagent/v1/device_config.js';
import type { StoredPolicy } from '../../../gen/zedagent/v1/stored_policy.js';
import type { Logger } from '../../../lib/observability/index.js';
import { RpcError, StateStore } from '../../../lib/rpc/index.js';
import { inSlices, type Sliced } from '../../../lib/slices/index.js';
import { checkpointOf } from '../grants/grant-times.js';
import { interpretationOf, type InForce } from '../in-force/in-force.js';
import type { Instant } from '../in-force/instant.js';
import type { Transition } from '../in-force/transition.js';
import type { ConfigHistory } from './config-history.js';
import type { ConfigFile } from './stored-config.js';
import type { PolicyFile } from './stored-policy.js';

const KEY = 'in-force';

/** While a grant lives, what is left of it is written down this often; a power cut takes at most this from it. */
export const CHECKPOINT_EVERY_MS = 60_000;

export interface StoreOptions {
  readonly configFile: ConfigFile;
  readonly history: ConfigHistory;
  readonly policyFile: PolicyFile;
  readonly now: () => Instant;
  readonly logger: Logger;
}

/** What is in force: changed by one request at a time, kept on disk, then told to those who watch. */
export class Store {
  readonly #options: StoreOptions;
  readonly #published = new StateStore<InForce>({ equals: (a, b) => a === b });
  #current: InForce;
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(options: StoreOptions, initial: InForce) {
    this.#options = options;
    this.#current = initial;
    this.#publish();
  }

  get current(): InForce {
    return this.#current;
  }

  /** What is in force, now and after each change; a slow reader gets the newest. */
  async *watch(signal: AbortSignal): AsyncGenerator<InForce, void, undefined> {
    for await (const { upserts } of this.#published.watch({ epoch: '', afterRevision: 0n }, signal)) yield* upserts;
  }

  /**
   * Makes a step from what is in force when its turn comes, and keeps it on disk before it counts.
   * @throws RpcError of the step, or where the disk refuses; what was in force then stays
   */
  change<Answer>(transition: (current: InForce, now: Instant) => Transition<Answer>): Promise<Answer> {
    return this.changeSliced(function* (current, now) {
      return transition(current, now);
    });
  }

  /** The same for a step that takes its time. */
  changeSliced<Answer>(transition: (current: InForce, now: Instant) => Sliced<Transition<Answer>>): Promise<Answer> {
    return this.#inTurn(async () => {
      const { config } = this.#current.deviceConfig ?? {};
      if (config !== undefined) await inSlices(interpretationOf(config));
      const { answer, next } = await inSlices(transition(this.#current, this.#options.now()));
      if (next !== undefined) {
        await this.#keep(next);
        this.#put(next);
      }
      return answer;
    });
  }

  /** Like change, for what must count whether or not the disk takes it: it is then written with the next change. */
  enforce(transition: (current: InForce, now: Instant) => Partial<InForce> | undefined): Promise<void> {
    return this.#inTurn(async () => {
      const next = transition(this.#current, this.#options.now());
      if (next === undefined) return;
      this.#put(next);
      await this.#keepPolicy(CHECKPOINT_EVERY_MS).catch((error: unknown) => {
        this.#options.logger.error({ event: 'policy-not-persisted', err: error }, 'cannot save policy');
      });
    });
  }

  /** The same for a configuration that must count: where the disk refuses it, what the disk holds is as it was. */
  enforceConfig(
    transition: (
      current: InForce,
      now: Instant,
    ) => (Partial<InForce> & Required<Pick<InForce, 'deviceConfig'>>) | undefined,
  ): Promise<void> {
    return this.#inTurn(async () => {
      const next = transition(this.#current, this.#options.now());
      if (next === undefined) return;
      await this.#keep(next).catch(() => undefined);
      this.#put(next);
    });
  }

  /** Writes down what is left of the grants, `aheadMs` from now. Where the disk refuses, it is logged. */
  checkpoint(aheadMs: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#keepPolicy(aheadMs).catch((error: unknown) => {
        this.#options.logger.error(
          { event: 'grants-not-persisted', err: error },
          'cannot save remaining time of grants',
        );
      });
    });
  }

  /** Resolves when what has been asked for so far is done. */
  async settled(): Promise<void> {
    await this.#lastChange;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastChange.then(work);
    this.#lastChange = turn.catch(() => undefined);
    return turn;
  }

  async #keep(next: Partial<InForce>): Promise<void> {
    const { configFile, logger } = this.#options;
    const { deviceConfig, policy } = next;
    try {
      if (deviceConfig !== undefined) {
        await this.#keepFormer(deviceConfig);
        await configFile.write(deviceConfig);
        await this.#options.history.prune(deviceConfig.confirmation?.returnToVersion);
      }
      if (policy !== undefined && deviceConfig === undefined) await this.#write({ ...this.#current, ...next });
    } catch (error) {
      logger.error({ event: 'change-not-persisted', err: error }, 'cannot save change, refused it');
      throw persistFailed(error);
    }
    // The configuration counts; what it dropped from the policy is dropped again at the next start if this fails.
    if (policy !== undefined && deviceConfig !== undefined) {
      await this.#write({ ...this.#current, ...next }).catch((error: unknown) => {
        logger.error({ event: 'policy-not-persisted', err: error }, 'cannot save policy');
      });
    }
  }

  /**
   * What is in force goes into the history before another takes its place. Where a way back is asked for and cannot be
   * kept, the new one does not come into force.
   */
  async #keepFormer(next: DeviceConfig): Promise<void> {
    const former = this.#current.deviceConfig;
    if (former === undefined || former.version === next.version) return;
    try {
      await this.#options.history.keep(former.version);
    } catch (error) {
      if (next.confirmation !== undefined) throw error;
      this.#options.logger.error({ event: 'config-history-not-kept', err: error }, 'cannot keep former configuration');
    }
  }

  #keepPolicy(aheadMs: number): Promise<void> {
    return this.#write(this.#current, aheadMs);
  }

  #write({ policy, changes }: InForce, aheadMs = CHECKPOINT_EVERY_MS): Promise<void> {
    const { policyFile, now } = this.#options;
    const stored: StoredPolicy = { ...checkpointOf(policy, now(), aheadMs), changes: [...changes] };
    return policyFile.write(stored);
  }

  #put(next: Partial<InForce>): void {
    const before = this.#current;
    this.#current = { ...before, ...next };
    this.#log(before);
    this.#publish();
  }

  #log(before: InForce): void {
    const { logger } = this.#options;
    const { deviceConfig, policy, changes } = this.#current;
    if (deviceConfig !== undefined && deviceConfig !== before.deviceConfig) {
      const { version, author, reason, confirmation } = deviceConfig;
      if (version === before.deviceConfig?.version) {
        logger.info({ event: 'configuration-confirmed', version, author }, 'configuration confirmed');
      } else {
        const unconfirmed = confirmation === undefined ? {} : { returnsTo: confirmation.returnToVersion };
        logger.info(
          { event: 'configuration-accepted', version, author, reason, ...unconfirmed },
          'configuration accepted',
        );
      }
    }
    if (policy.version === before.policy.version) return;
    for (const { policyVersion, author, reason, changes: sentences } of changes) {
      if (policyVersion <= before.policy.version) continue;
      logger.info({ event: 'policy-changed', policyVersion, author, reason, changes: sentences }, 'policy changed');
    }
  }

  #publish(): void {
    this.#published.replaceAll(new Map([[KEY, this.#current]]));
  }
}

function persistFailed(error: unknown): RpcError {
  const reason = error instanceof Error ? error.message : String(error);
  const code = /\b(ENOSPC|EDQUOT)\b/.test(reason) ? status.RESOURCE_EXHAUSTED : status.INTERNAL;
  const message = `the change could not be kept on disk, so what was in force stays: ${reason}`;
  return new RpcError(code, message, { reason: 'PERSIST_FAILED', cause: error });
}
