import type { DeviceConfig } from '../../../gen/zedagent/v1/device_config.js';
import type { Logger } from '../../../lib/observability/index.js';
import { lapsedWords, leftToConfirmMs, returned } from '../config/confirmation.js';
import type { Instant } from '../in-force/instant.js';
import type { ConfigHistory } from './config-history.js';
import type { ConfigFile } from './stored-config.js';

/**
 * What is in force at a start: the configuration that was kept, or the version before where it was not confirmed in
 * time, before anybody is told of it.
 */
export async function confirmedOrReturned(
  stored: DeviceConfig | undefined,
  options: {
    readonly configFile: ConfigFile;
    readonly history: ConfigHistory;
    readonly now: Instant;
    readonly logger: Logger;
  },
): Promise<DeviceConfig | undefined> {
  const { configFile, history, now, logger } = options;
  if (stored?.confirmation === undefined || leftToConfirmMs(stored.confirmation, now) > 0) return stored;
  const { version, confirmation } = stored;
  const before = await history.read(confirmation.returnToVersion);
  if (before === undefined) {
    logger.error(
      { event: 'config-not-returned', version, returnTo: confirmation.returnToVersion },
      'cannot go back to the version before: it is not kept any more; the unconfirmed configuration stays',
    );
    return stored;
  }
  const nothing = { version: 0n, overrides: [], grants: [], bootId: now.bootId };
  const why = lapsedWords(stored, now);
  const { deviceConfig } = returned({ deviceConfig: stored, policy: nothing, changes: [] }, before, why, now);
  logger.warn(
    { event: 'config-returned', version: deviceConfig.version, reason: deviceConfig.reason },
    'configuration returned',
  );
  try {
    await history.keep(version);
    await configFile.write(deviceConfig);
  } catch (error) {
    // It counts all the same: at the next start it is returned from again.
    logger.error({ event: 'change-not-persisted', err: error }, 'cannot save the configuration that returned');
  }
  return deviceConfig;
}
