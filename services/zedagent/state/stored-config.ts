import { DeviceConfig } from '../../../gen/zedagent/v1/device_config.js';
import { readDurablyAs, writeDurably } from '../../../lib/durable/index.js';
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
    read: () => readDurablyAs(path, storedConfigIn, { logger }),
    write: (config) => writeDurably(path, DeviceConfig.encode(config).finish()),
  };
}

/** Almost any bytes decode as fields that nobody knows. @throws Error where there is no configuration in them */
function storedConfigIn(content: Uint8Array): DeviceConfig {
  const stored = DeviceConfig.decode(content);
  if (stored.config === undefined || stored.version === 0n) throw new Error('it holds no configuration');
  return stored;
}
