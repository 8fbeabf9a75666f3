import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { DeviceConfig } from '../../../gen/zedagent/v1/device_config.js';
import { PolicyChangeKind } from '../../../gen/zedagent/v1/policy.js';
import { timestampOf, withoutOrphans } from '../../../lib/configuration/index.js';
import { configuredModel, withChange, type InForce } from '../in-force/in-force.js';
import type { Instant } from '../in-force/instant.js';

/** What a configuration leaves of the policy. */
export type Dropped = Pick<InForce['policy'], 'overrides' | 'grants'> & { readonly changes: readonly string[] };

/** What is left of the policy over a configuration, and what is not, in words. */
export function droppedBy(config: EdgeDevConfig, { policy }: InForce): Dropped {
  const model = configuredModel(config);
  const { overrides, changes } = withoutOrphans(policy.overrides, model);
  const isThere = (id: string): boolean => id === '' || model.networkInstances.some((instance) => instance.id === id);
  const grants = policy.grants.filter(({ networkInstanceId }) => isThere(networkInstanceId));
  const ended = policy.grants
    .filter((grant) => !grants.includes(grant))
    .map(({ id, networkInstanceId }) => `grant ${id} ends: there is no network instance ${networkInstanceId} any more`);
  return { overrides: [...overrides], grants, changes: [...changes, ...ended] };
}

/** The policy without what was dropped, if anything was. */
export function withoutDropped(
  current: InForce,
  { overrides, grants, changes }: Dropped,
  { version, author }: Pick<DeviceConfig, 'version' | 'author'>,
  now: Instant,
): Partial<Pick<InForce, 'policy' | 'changes'>> {
  if (changes.length === 0) return {};
  return withChange(
    current,
    { overrides, grants },
    {
      kind: PolicyChangeKind.POLICY_CHANGE_KIND_DROPPED,
      time: timestampOf(now.wallMs),
      author,
      reason: `configuration version ${version}`,
      grantId: '',
      changes: [...changes],
    },
  );
}
