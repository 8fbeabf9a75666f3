import { NetworkOperation, type PrioritySet } from '../../../gen/evecommon/uplink.js';
import {
  PolicySource,
  type GetPolicyResponse,
  type Grant,
  type OverrideOrigin,
  type PolicyOverride,
  type PortPolicy,
  type PrioritiesInForce,
} from '../../../gen/zedagent/v1/policy.js';
import {
  limitInForce,
  operations,
  type DeviceModel,
  type LimitInForce,
  type NetworkInstance,
  type Port,
  type PriorityLimit,
} from '../../../lib/configuration/index.js';
import { liveGrants } from '../grants/grant-times.js';
import { configInForce, configuredModel, effectiveModel, type InForce } from '../in-force/in-force.js';
import type { Instant } from '../in-force/instant.js';

/** What is configured, overridden and in force, each with where it comes from. @throws RpcError NO_CONFIG */
export function policyReport(current: InForce, now: Instant): GetPolicyResponse {
  const { config, version } = configInForce(current);
  const configured = configuredModel(config);
  const effective = effectiveModel(current) ?? configured;
  const { policy } = current;
  const grants = liveGrants(policy.grants, now);
  return {
    policyVersion: policy.version,
    configVersion: version,
    ports: configured.ports.map((port) => portPolicy(port, policy.overrides)),
    operations: operations.map((operation) => {
      const set = configured.operationPriorities.get(operation);
      const override = overrideOf(policy.overrides, 'operationPriorities', (value) => value.operation === operation);
      const granting = grants.filter((grant) => grant.operation === operation && grant.networkInstanceId === '');
      const inForce = limitInForce(operation, undefined, effective);
      return { operation, priorities: prioritiesInForce(set, override, inForce, whyOfOperation(inForce), granting) };
    }),
    networkInstances: configured.networkInstances.map((instance) => ({
      networkInstanceId: instance.id,
      displayName: instance.name,
      priorities: ofNetworkInstance(instance, effective, policy.overrides, grants),
    })),
    grants,
  };
}

function portPolicy(port: Port, overrides: readonly PolicyOverride[]): PortPolicy {
  const priority = overrideOf(overrides, 'portPriority', ({ logicalLabel }) => logicalLabel === port.label);
  const allowed = overrideOf(overrides, 'portOperations', ({ logicalLabel }) => logicalLabel === port.label);
  const configuredOperations = { operations: [...port.allowedOperations] };
  const source = (overridden: boolean): PolicySource =>
    overridden ? PolicySource.POLICY_SOURCE_OVERRIDE : PolicySource.POLICY_SOURCE_CONFIGURATION;
  return {
    logicalLabel: port.label,
    interface: port.interfaceName,
    priority: {
      configured: port.priority,
      overridden: priority?.value.priority,
      effective: priority?.value.priority ?? port.priority,
      source: source(priority !== undefined),
      origin: priority?.origin,
    },
    allowedOperations: {
      configured: configuredOperations,
      overridden: allowed === undefined ? undefined : { operations: allowed.value.operations },
      effective: allowed === undefined ? configuredOperations : { operations: allowed.value.operations },
      source: source(allowed !== undefined),
      origin: allowed?.origin,
    },
  };
}

function ofNetworkInstance(
  configured: NetworkInstance,
  effective: DeviceModel,
  overrides: readonly PolicyOverride[],
  grants: readonly Grant[],
): PrioritiesInForce {
  const { id } = configured;
  const appTraffic = NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC;
  const override = overrideOf(
    overrides,
    'networkInstancePriorities',
    ({ networkInstanceId }) => networkInstanceId === id,
  );
  const granting = grants.filter(
    (grant) => grant.operation === appTraffic && (grant.networkInstanceId === '' || grant.networkInstanceId === id),
  );
  const instance = effective.networkInstances.find((each) => each.id === id);
  const inForce = limitInForce(appTraffic, instance, effective);
  const why = inForce.from === 'network-instance' ? 'its own' : `it has none of its own: ${whyOfOperation(inForce)}`;
  return prioritiesInForce(configured.allowedPriorities, override, inForce, why, granting);
}

function whyOfOperation(inForce: LimitInForce): string {
  switch (inForce.from) {
    case 'network-instance':
      return 'its own';
    case 'operation':
      return 'the policy of the operation';
    case 'download-max-cost':
      return 'network.download.max.cost';
    case 'default':
      return 'every priority by default';
  }
}

function prioritiesInForce(
  configured: PriorityLimit | undefined,
  override: { readonly value: PrioritySet; readonly origin: OverrideOrigin | undefined } | undefined,
  inForce: LimitInForce,
  why: string,
  granting: readonly Grant[],
): PrioritiesInForce {
  const without = prioritiesOf(inForce);
  const granted = granting.flatMap(({ priorities }) => priorities);
  const adds = without !== undefined && granted.some((priority) => !without.includes(priority));
  return {
    configured: configured?.kind === 'priorities' ? { priorities: [...configured.priorities] } : undefined,
    overridden: override === undefined ? undefined : { priorities: override.value.priorities },
    effective:
      without === undefined ? undefined : { priorities: [...new Set([...without, ...granted])].sort((a, b) => a - b) },
    source: adds ? PolicySource.POLICY_SOURCE_GRANT : sourceOf(override !== undefined, inForce),
    why: [
      override === undefined ? why : 'override',
      ...(adds ? [`and ${granting.map(({ id }) => `grant ${id}`).join(', ')}`] : []),
    ].join(' '),
    origin: override?.origin,
    grantIds: granting.map(({ id }) => id),
  };
}

function sourceOf(overridden: boolean, { from }: LimitInForce): PolicySource {
  if (overridden) return PolicySource.POLICY_SOURCE_OVERRIDE;
  return from === 'network-instance' || from === 'operation'
    ? PolicySource.POLICY_SOURCE_CONFIGURATION
    : PolicySource.POLICY_SOURCE_DEFAULT;
}

/** Undefined: every priority. */
function prioritiesOf(inForce: LimitInForce): readonly number[] | undefined {
  if (inForce.from === 'download-max-cost')
    return Array.from({ length: inForce.maxCost + 1 }, (_, priority) => priority);
  return inForce.limit.kind === 'every-priority' ? undefined : inForce.limit.priorities;
}

type Value<Case extends string> = Extract<NonNullable<PolicyOverride['value']>, { $case: Case }>['value'];

function overrideOf<Case extends NonNullable<PolicyOverride['value']>['$case']>(
  overrides: readonly PolicyOverride[],
  $case: Case,
  matches: (value: Value<Case>) => boolean,
): { readonly value: Value<Case>; readonly origin: OverrideOrigin | undefined } | undefined {
  for (const { value, origin } of overrides) {
    if (value?.$case !== $case) continue;
    const inner = value.value as Value<Case>;
    if (matches(inner)) return { value: inner, origin };
  }
  return undefined;
}
