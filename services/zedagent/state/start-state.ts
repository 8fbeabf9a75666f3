import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { DeviceConfig } from '../../../gen/zedagent/v1/device_config.js';
import type { StoredPolicy } from '../../../gen/zedagent/v1/stored_policy.js';
import type { Logger } from '../../../lib/observability/index.js';
import { interpret } from '../../../lib/configuration/index.js';
import { restoredGrants } from '../grants/grant-times.js';
import { endGrants } from '../grants/grants.js';
import type { InForce } from '../in-force/in-force.js';
import type { Instant } from '../in-force/instant.js';
import { droppedBy, withoutDropped } from '../config/dropped-policy.js';

/** What is in force at a start: what was kept, less the grants whose time is up and the policy of what is gone. */
export function stateAtStart(
  deviceConfig: DeviceConfig | undefined,
  storedPolicy: StoredPolicy | undefined,
  now: Instant,
  logger: Logger,
): InForce {
  const policy = {
    version: storedPolicy?.policy?.version ?? 0n,
    overrides: storedPolicy?.policy?.overrides ?? [],
    grants: storedPolicy === undefined ? [] : restoredGrants(storedPolicy, now),
    bootId: now.bootId,
  };
  const kept: InForce = { deviceConfig, policy, changes: storedPolicy?.changes ?? [] };
  const current = { ...kept, ...endGrants(kept, now) };
  if (deviceConfig?.config === undefined || !isSound(deviceConfig.config, logger)) return current;
  return { ...current, ...withoutDropped(current, droppedBy(deviceConfig.config, current), deviceConfig, now) };
}

/** One that an earlier version took, and that this one does not understand, is still what was pushed. */
function isSound(config: EdgeDevConfig, logger: Logger): boolean {
  const interpretation = interpret(config);
  if (interpretation.kind === 'valid') return true;
  logger.error(
    { event: 'stored-config-rejected', problems: interpretation.problems },
    'stored configuration invalid, waiting for a new one',
  );
  return false;
}
