import { grantOf, hasEnded } from '../../../lib/configuration/index.js';
import type { Meters } from '../../../lib/observability/index.js';
import type { InForce } from '../in-force/in-force.js';
import type { Instant } from '../in-force/instant.js';

/** Makes what is in force readable as metrics. */
export function zedagentMetrics(meters: Meters, current: () => InForce, now: () => Instant): void {
  meters.gauge(
    {
      name: 'eve_uplink_config_version',
      help: 'Version of the configuration in force; no series before the first push.',
    },
    [],
    () => {
      const { deviceConfig } = current();
      return deviceConfig === undefined ? [] : [{ value: Number(deviceConfig.version) }];
    },
  );
  meters.gauge(
    {
      name: 'eve_uplink_policy_version',
      help: 'Version of the policy over the configuration; 0 before its first change.',
    },
    [],
    () => [{ value: Number(current().policy.version) }],
  );
  meters.gauge({ name: 'eve_uplink_policy_overrides', help: 'Overrides of the configuration in force.' }, [], () => [
    { value: current().policy.overrides.length },
  ]);
  meters.gauge({ name: 'eve_uplink_policy_grants', help: 'Grants that are live now.' }, [], () => {
    const { boottimeMs } = now();
    return [{ value: current().policy.grants.filter((grant) => !hasEnded(grantOf(grant), boottimeMs)).length }];
  });
}
