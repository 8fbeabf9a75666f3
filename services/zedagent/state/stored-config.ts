import { DeviceConfig } from '../../../gen/zedagent/v1/device_config.js';
import { readDurably, writeDurably } from '../../../lib/durable/index.js';
import type { Logger } from '../../../lib/observability/index.js';

/** Keeps the configuration in force over restarts and power cuts. */
export interface ConfigFile {
  /** Undefined where there is none yet. */
  read(): Promise<DeviceConfig | undefined>;
  /** Rejects where the disk refuses; what was there stays. */
  write(config: DeviceConfig): Promise<void>;
}

/** `<stateDir>/config`: a DeviceConfig in binary form, unknown fields included. */
export function configFile(stateDir: string, logger: Logger): ConfigFile {
  const path = `${stateDir}/config`;
  return {
    read: async () => {
      const bytes = await readDurably(path, { logger });
      if (bytes === undefined) return undefined;
      try {
        return DeviceConfig.decode(bytes);
      } catch (error) {
        logger.error(
          { event: 'stored-config-unreadable', err: error, path },
          'cannot read stored configuration, waiting for a new one',
        );
        return undefined;
      }
    },
    write: (config) => writeDurably(path, DeviceConfig.encode(config).finish()),
  };
}
