import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { DeviceConfig } from '../../../gen/zedagent/v1/device_config.js';
import { linkDurably, readDurably } from '../../../lib/durable/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import { readInSlices } from '../../../lib/rpc/index.js';
import { inSlices, type Sliced } from '../../../lib/slices/index.js';
import { CONFIG_FIELD, headOf } from './stored-config.js';

/** So many versions before the one in force are kept, and so many bytes of them. */
const MOST_KEPT = 10;
const MOST_BYTES = 32 * 1024 * 1024;

/** A version that was in force, whole. */
export type KeptConfig = DeviceConfig & { readonly config: EdgeDevConfig };

/** The versions before the one in force, over restarts and power cuts; bounded. */
export interface ConfigHistory {
  /** Keeps what the configuration's file holds. Rejects where the disk refuses. */
  keep(version: bigint): Promise<void>;
  /** Undefined where it is not kept, or cannot be read. */
  read(version: bigint): Promise<KeptConfig | undefined>;
  /** The same without its configuration. */
  readHead(version: bigint): Promise<DeviceConfig | undefined>;
  /** Versions that are kept, newest first. */
  versions(): Promise<readonly bigint[]>;
  /** Drops the oldest beyond the bounds, but not this one. Never rejects. */
  prune(needed: bigint | undefined): Promise<void>;
}

/** `<stateDir>/config-history/<version>`: each is the configuration's file as it was, under a second name. */
export function configHistory(stateDir: string, logger: Logger): ConfigHistory {
  const directory = join(stateDir, 'config-history');
  const pathOf = (version: bigint): string => join(directory, String(version));
  const versions = async (): Promise<readonly bigint[]> => {
    const names = await readdir(directory).catch((): string[] => []);
    return names
      .filter((name) => /^[1-9]\d{0,19}$/.test(name))
      .map(BigInt)
      .sort((a, b) => (a > b ? -1 : 1));
  };
  const sizeOf = (version: bigint): Promise<number> =>
    stat(pathOf(version)).then(
      ({ size }) => size,
      () => 0,
    );
  const readAs = async (
    version: bigint,
    decode: (bytes: Uint8Array) => DeviceConfig | Promise<DeviceConfig>,
  ): Promise<DeviceConfig | undefined> => {
    try {
      const bytes = await readDurably(pathOf(version), { logger });
      const kept = bytes === undefined ? undefined : await decode(bytes);
      return kept?.version === version ? kept : undefined;
    } catch (error) {
      logger.error({ event: 'config-history-unreadable', err: error, version }, 'cannot read a former configuration');
      return undefined;
    }
  };
  return {
    versions,
    keep: (version) => linkDurably(join(stateDir, 'config'), pathOf(version)),
    read: async (version) => {
      const kept = await readAs(version, (bytes) => inSlices(storedInSlices(bytes)));
      return kept?.config === undefined ? undefined : { ...kept, config: kept.config };
    },
    readHead: (version) => readAs(version, headOf),
    prune: async (needed) => {
      try {
        let [count, bytes] = [0, 0];
        for (const version of await versions()) {
          count += 1;
          bytes += await sizeOf(version);
          // The newest one is kept whatever its size: without it there is nothing to go back to.
          if (count === 1 || version === needed || (count <= MOST_KEPT && bytes <= MOST_BYTES)) continue;
          await rm(pathOf(version), { force: true });
        }
      } catch (error) {
        logger.error({ event: 'config-history-not-pruned', err: error }, 'cannot remove former configurations');
      }
    },
  };
}

function* storedInSlices(bytes: Uint8Array): Sliced<DeviceConfig> {
  return yield* readInSlices(bytes, [CONFIG_FIELD], (reader) => DeviceConfig.decode(reader));
}
