import { status } from '@grpc/grpc-js';

import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { DeviceConfig, PushConfigRequest, PushConfigResponse } from '../../gen/zedagent/v1/device_config.js';
import type { Clock } from '../clock/index.js';
import { interpret } from '../configuration/index.js';
import type { Logger } from '../observability/index.js';
import { RpcError, StateStore } from '../rpc/index.js';
import { digestOf, type ConfigFile } from './stored-config.js';

const KEY = 'config';

export interface ConfigStoreOptions {
  readonly file: ConfigFile;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The configuration in force: validated, kept on disk, then told to those who watch; one push at a time. */
export class ConfigStore {
  readonly state = new StateStore<DeviceConfig>({ equals: (a, b) => a.version === b.version });
  readonly #options: ConfigStoreOptions;
  #lastPush: Promise<unknown> = Promise.resolve();

  constructor(options: ConfigStoreOptions, stored: DeviceConfig | undefined) {
    this.#options = options;
    if (stored !== undefined) this.#publish(stored);
  }

  get current(): DeviceConfig | undefined {
    return this.state.get(KEY);
  }

  /** Takes a configuration in. @throws RpcError with every problem, or where the expected version is not in force. */
  push(request: PushConfigRequest): Promise<PushConfigResponse> {
    const push = this.#lastPush.then(() => this.#push(request));
    this.#lastPush = push.catch(() => undefined);
    return push;
  }

  async #push(request: PushConfigRequest): Promise<PushConfigResponse> {
    const { config, dryRun, expectedVersion, author } = request;
    if (config === undefined) {
      throw new RpcError(status.INVALID_ARGUMENT, 'the request holds no configuration', {
        reason: 'INVALID_CONFIG',
        violations: [{ field: 'config', description: 'is required' }],
      });
    }
    const { current } = this;
    const version = current?.version ?? 0n;
    refuseOtherVersion(expectedVersion, version);
    refuseInvalid(config);
    const sha256 = digestOf(config);
    if (current?.sha256 === sha256) return { version, changed: false, droppedPolicy: [] };
    const next = version + 1n;
    if (dryRun) return { version: next, changed: true, droppedPolicy: [] };
    const pushed: DeviceConfig = { version: next, config, pushedAt: this.#now(), sha256, author };
    await this.#keep(pushed);
    this.#publish(pushed);
    this.#options.logger.info({ version: next, author }, 'a new configuration is in force');
    return { version: next, changed: true, droppedPolicy: [] };
  }

  async #keep(config: DeviceConfig): Promise<void> {
    try {
      await this.#options.file.write(config);
    } catch (error) {
      this.#options.logger.error({ err: error }, 'a configuration could not be kept on disk and was not taken');
      const reason = error instanceof Error ? error.message : String(error);
      const code = /\b(ENOSPC|EDQUOT)\b/.test(reason) ? status.RESOURCE_EXHAUSTED : status.INTERNAL;
      throw new RpcError(
        code,
        `the configuration could not be kept on disk, so the old one stays in force: ${reason}`,
        {
          reason: 'PERSIST_FAILED',
          cause: error,
        },
      );
    }
  }

  #publish(config: DeviceConfig): void {
    this.state.replaceAll(new Map([[KEY, config]]));
  }

  #now(): { readonly seconds: bigint; readonly nanos: number } {
    const wallMs = this.#options.clock.wallMs();
    const seconds = Math.floor(wallMs / 1000);
    return { seconds: BigInt(seconds), nanos: Math.floor((wallMs - seconds * 1000) * 1e6) };
  }
}

function refuseOtherVersion(expected: bigint | undefined, current: bigint): void {
  if (expected === undefined || expected === current) return;
  throw new RpcError(
    status.FAILED_PRECONDITION,
    `version ${expected} was expected, and ${current === 0n ? 'there is no configuration yet' : `${current} is in force`}`,
    { reason: 'VERSION_MISMATCH', metadata: { currentVersion: String(current) } },
  );
}

function refuseInvalid(config: EdgeDevConfig): void {
  const interpretation = interpret(config);
  if (interpretation.kind === 'valid') return;
  const { problems } = interpretation;
  throw new RpcError(
    status.INVALID_ARGUMENT,
    problems.length === 1 ? 'the configuration has a problem' : `the configuration has ${problems.length} problems`,
    {
      reason: 'INVALID_CONFIG',
      violations: problems.map(({ field, description }) => ({ field: `config.${field}`, description })),
    },
  );
}
