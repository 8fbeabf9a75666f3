import { DeviceConfigServiceClient, type WatchConfigResponse } from '../../gen/zedagent/v1/device_config.js';
import { interpret } from '../configuration/index.js';
import type { Logger } from '../observability/index.js';
import { connectTo, follow } from '../rpc/index.js';
import type { ConfigurationInForce } from './publish/index.js';

/**
 * Follows zedagent's configuration until the signal aborts; the last one stays in force while zedagent is away.
 * A configuration that makes no sense is reported and left alone.
 */
export async function followConfiguration(options: {
  readonly zedagentAddress: string;
  readonly onConfiguration: (configuration: ConfigurationInForce) => void;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}): Promise<void> {
  const { logger, signal } = options;
  const client = connectTo(DeviceConfigServiceClient, options.zedagentAddress);
  let knownVersion = 0n;
  await follow({
    open: () => client.watchConfig({ knownVersion }),
    onMessage: (message: WatchConfigResponse) => {
      const { deviceConfig } = message;
      if (deviceConfig?.config === undefined) return;
      const { version, author, pushedAt } = deviceConfig;
      // Also one that makes no sense: asking for it again would not mend it.
      knownVersion = version;
      const interpretation = interpret(deviceConfig.config);
      if (interpretation.kind === 'invalid') {
        const { problems } = interpretation;
        logger.error(
          { version: String(version), problems },
          'a configuration makes no sense; the one before stays in force',
        );
        return;
      }
      options.onConfiguration({ version, author, pushedAt, model: interpretation.model });
    },
    onState: (state, why) => {
      logger.info({ state, why }, 'configuration stream');
    },
    signal,
    logger,
  });
  client.close();
}
