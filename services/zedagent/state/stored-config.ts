import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

import { DeviceConfig } from '../../../gen/zedagent/v1/device_config.js';
import { readDurablyAs, writeDurably } from '../../../lib/durable/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import { knownEncoded } from '../config/encoded-config.js';

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
    write: (config) => writeDurably(path, encodedDeviceConfig(config)),
  };
}

/** Almost any bytes decode as fields that nobody knows. @throws Error where there is no configuration in them */
function storedConfigIn(content: Uint8Array): DeviceConfig {
  const stored = DeviceConfig.decode(content);
  if (stored.config === undefined || stored.version === 0n) throw new Error('it holds no configuration');
  return stored;
}

/** DeviceConfig.config */
export const CONFIG_FIELD = 2;

/** The binary form; that of the configuration in it is taken where it is known. */
function encodedDeviceConfig(deviceConfig: DeviceConfig): Uint8Array {
  const { config } = deviceConfig;
  const known = config === undefined ? undefined : knownEncoded(config);
  if (known === undefined) return DeviceConfig.encode(deviceConfig).finish();
  const writer = new BinaryWriter();
  DeviceConfig.encode({ ...deviceConfig, config: undefined }, writer);
  return writer.tag(CONFIG_FIELD, WireType.LengthDelimited).bytes(known.bytes).finish();
}

/** What a stored configuration says of itself, without the configuration. Malformed bytes throw as the decoder does. */
export function headOf(content: Uint8Array): DeviceConfig {
  const reader = new BinaryReader(content);
  const kept: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [field, wireType] = reader.tag();
    reader.skip(wireType, field);
    if (field !== CONFIG_FIELD) kept.push(content.subarray(start, reader.pos));
  }
  return DeviceConfig.decode(Buffer.concat(kept));
}
