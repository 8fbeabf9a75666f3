import { join } from 'node:path';

import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import {
  DeviceConfig,
  DeviceConfigServiceService,
  type WatchConfigRequest,
} from '../../../gen/zedagent/v1/device_config.js';
import { configFromJson } from '../../../lib/configuration/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import {
  serverStreaming,
  startServer,
  StateStore,
  unary,
  type CallContext,
  type RunningServer,
} from '../../../lib/rpc/index.js';

/** A real server of DeviceConfigService that hands out what the test says. */
export class FakeZedagent {
  readonly #configs = new StateStore<{ readonly version: bigint; readonly config: EdgeDevConfig }>();
  #server: RunningServer | undefined;
  #version = 0n;

  async start(runDir: string, logger: Logger): Promise<void> {
    const refuse = unary(() => {
      throw new Error('not part of this test');
    });
    this.#server = await startServer({
      socketPath: join(runDir, 'zedagent.sock'),
      services: [
        {
          definition: DeviceConfigServiceService,
          implementation: {
            pushConfig: refuse,
            getConfig: refuse,
            watchConfig: serverStreaming((request: WatchConfigRequest, context) => this.#watch(request, context)),
          },
        },
      ],
      logger,
    });
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /** Hands out a configuration (protobuf JSON) as the next version, or as the one given. */
  push(json: object, version: bigint = this.#version + 1n): void {
    this.#version = version;
    this.#configs.replaceAll(new Map([['config', { version, config: configFromJson(json) }]]));
  }

  async *#watch({ knownVersion }: WatchConfigRequest, { signal }: CallContext) {
    for await (const { upserts } of this.#configs.watch({ epoch: '', afterRevision: 0n }, signal)) {
      for (const { version, config } of upserts) {
        if (version === knownVersion) continue;
        const deviceConfig = DeviceConfig.fromPartial({ version, config, author: 'test', pushedAt: { seconds: 1n } });
        yield { deviceConfig, policy: undefined, policyChanges: [] };
      }
    }
  }
}
