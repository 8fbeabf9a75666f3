import type { NetworkOperation, PrioritySet } from '../../gen/evecommon/uplink.js';
import {
  PolicySource,
  type GetPolicyResponse,
  type Grant,
  type NetworkInstancePolicy,
  type OperationPolicyInForce,
  type OverrideOrigin,
  type PortPolicy,
  type PrioritiesInForce,
} from '../../gen/zedagent/v1/policy.js';
import { durationInMs, formatPriorities } from '../../lib/configuration/index.js';
import { operationNames } from '../terminal/operation-names.js';
import { table } from './table.js';
import { durationText, timeText } from './time.js';

/** The policy in force as tables: ports, operations, network instances, and the grants if there are any. */
export function policyText({
  policyVersion,
  configVersion,
  ports,
  operations,
  networkInstances,
  grants,
}: GetPolicyResponse): string {
  const because = ['PRIORITIES', 'BECAUSE', 'SET BY'];
  return [
    `Policy version ${policyVersion}, over configuration version ${configVersion}`,
    ports.length === 0
      ? 'There are no ports'
      : table(['PORT', 'INTERFACE', 'PRIORITY', 'OPERATIONS', 'SET BY'], ports.map(portRow)),
    table(['OPERATION', ...because], operations.map(operationRow)),
    networkInstances.length === 0
      ? 'There are no network instances'
      : table(['NETWORK INSTANCE', ...because], networkInstances.map(networkInstanceRow)),
    ...(grants.length === 0 ? [] : [grantsText(grants)]),
  ].join('\n\n');
}

/** Live grants as a table. */
export function grantsText(grants: readonly Grant[]): string {
  return table(
    ['GRANT', 'OPERATION', 'PRIORITIES', 'NETWORK INSTANCE', 'ENDS IN', 'ENDS AT', 'AUTHOR', 'REASON'],
    grants.map((grant) => [
      grant.id,
      operationName(grant.operation),
      formatPriorities(grant.priorities),
      grant.networkInstanceId,
      durationText(durationInMs(grant.remaining)),
      timeText(grant.expiresAt),
      grant.author,
      grant.reason,
    ]),
  );
}

function portRow({
  logicalLabel,
  interface: interfaceName,
  priority,
  allowedOperations,
}: PortPolicy): readonly string[] {
  const was = priority?.source === PolicySource.POLICY_SOURCE_OVERRIDE ? ` (configured: ${priority.configured})` : '';
  const operations = allowedOperations?.effective?.operations ?? [];
  return [
    logicalLabel,
    interfaceName,
    `${priority?.effective ?? '?'}${was}`,
    operations.length === 0 ? 'all' : operations.map(operationName).join(', '),
    originText(priority?.origin ?? allowedOperations?.origin),
  ];
}

function operationRow({ operation, priorities }: OperationPolicyInForce): readonly string[] {
  return [operationName(operation), ...becauseCells(priorities)];
}

function networkInstanceRow({ displayName, networkInstanceId, priorities }: NetworkInstancePolicy): readonly string[] {
  return [displayName === '' ? networkInstanceId : displayName, ...becauseCells(priorities)];
}

function becauseCells(priorities: PrioritiesInForce | undefined): readonly string[] {
  return [setText(priorities?.effective), priorities?.why ?? '', originText(priorities?.origin)];
}

/** Absent: every priority. */
function setText(set: PrioritySet | undefined): string {
  return set === undefined ? 'all' : formatPriorities(set.priorities);
}

function originText(origin: OverrideOrigin | undefined): string {
  if (origin === undefined) return '';
  const who = [origin.author, origin.reason].filter((part) => part !== '').join(': ');
  return `${who === '' ? 'somebody' : who}, ${timeText(origin.setAt)}`;
}

function operationName(operation: NetworkOperation): string {
  for (const [name, value] of operationNames) if (value === operation) return name;
  return `operation ${operation}`;
}
