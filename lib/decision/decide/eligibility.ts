import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import {
  grantPermits,
  limitInForce,
  formatLimit,
  formatOperation,
  formatOperations,
  routeSelectionOf,
  type Grant,
  type LimitInForce,
  type PortUsage,
} from '../../configuration/index.js';
import type { IneligibleCode, Reason } from './candidate.js';
import type { DecisionPolicy, NetworkInstancePolicy, PortPolicy } from './policy.js';

/** Who asks for a port. */
export type Subject =
  | { readonly kind: 'network-instance'; readonly networkInstance: NetworkInstancePolicy }
  | { readonly kind: 'operation'; readonly operation: NetworkOperation };

/** A switch network instance: it needs its port's link alone. */
export function isSwitch(subject: Subject): boolean {
  return subject.kind === 'network-instance' && subject.networkInstance.kind === 'switch';
}

/**
 * Why policy forbids a port to a network instance or an operation, all reasons at once; empty where it is permitted.
 * The only place where this is decided (docs/design.md#eligible).
 */
export function evaluatePort(
  port: PortPolicy,
  subject: Subject,
  policy: DecisionPolicy,
): readonly Reason<IneligibleCode>[] {
  const operation = operationOf(subject);
  return [
    ...(subject.kind === 'network-instance' ? labelReasons(port, subject.networkInstance) : []),
    ...usageReasons(port, operation),
    ...(isManagementOperation(operation) && !port.isManagement
      ? [reason('not-management-port', `${formatOperation(operation)} uses management ports only`)]
      : []),
    ...(port.allowedOperations.length > 0 && !port.allowedOperations.includes(operation)
      ? [reason('operation-not-allowed-on-port', `the port is for ${formatOperations(port.allowedOperations)} only`)]
      : []),
    ...priorityReasons(port, subject, operation, policy),
  ];
}

/** What a network instance uses a port for is app traffic. */
function operationOf(subject: Subject): NetworkOperation {
  return subject.kind === 'operation' ? subject.operation : NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC;
}

function labelReasons(
  port: PortPolicy,
  { portLabel, viaLabel }: NetworkInstancePolicy,
): readonly Reason<IneligibleCode>[] {
  if (portLabel === undefined)
    return [reason('label-mismatch', 'the network instance is air-gapped: it names no port')];
  if (!port.labels.includes(portLabel)) {
    return [reason('label-mismatch', `the network instance wants ports labelled "${portLabel}"`)];
  }
  if (viaLabel === undefined || port.labels.includes(viaLabel)) return [];
  return [reason('label-mismatch', `the route wants ports labelled "${viaLabel}"`)];
}

function usageReasons(port: PortPolicy, operation: NetworkOperation): readonly Reason<IneligibleCode>[] {
  const permits = isManagementOperation(operation) ? permitsManagement : permitsApps;
  return permits[port.usage] ? [] : [reason('usage-forbids', usageDescriptions[port.usage])];
}

const permitsManagement: Readonly<Record<PortUsage, boolean>> = {
  'management-and-apps': true,
  'management-only': true,
  'apps-shared': false,
  'dedicated-to-an-app': false,
  disabled: false,
};

const permitsApps: Readonly<Record<PortUsage, boolean>> = {
  'management-and-apps': true,
  'apps-shared': true,
  'management-only': false,
  'dedicated-to-an-app': false,
  disabled: false,
};

const usageDescriptions: Readonly<Record<PortUsage, string>> = {
  'management-and-apps': 'the port is for management and apps',
  'apps-shared': 'the port is for apps only',
  'management-only': 'the port is for management only',
  'dedicated-to-an-app': 'the port is given to one app directly',
  disabled: 'the port is disabled',
};

function priorityReasons(
  port: PortPolicy,
  subject: Subject,
  operation: NetworkOperation,
  policy: DecisionPolicy,
): readonly Reason<IneligibleCode>[] {
  const limit = limitOf(subject, policy);
  if (isWithin(limit, port.priority) || grantFor(port, subject, policy) !== undefined) return [];
  return [reason('priority-not-allowed', describeOutside(limit, port.priority, operation))];
}

/**
 * The grant without which this port would not be permitted, the one that ends last where there are several; undefined
 * where the limit itself includes the port's priority, or no grant does. Grants widen the limit of priorities and
 * nothing else (docs/design.md#eligible).
 */
export function grantFor(port: PortPolicy, subject: Subject, policy: DecisionPolicy): Grant | undefined {
  if (policy.grants.length === 0 || isWithin(limitOf(subject, policy), port.priority)) return undefined;
  const networkInstanceId =
    subject.kind === 'network-instance' ? networkInstanceIdOf(subject.networkInstance) : undefined;
  return policy.grants
    .filter((grant) => grantPermits(grant, operationOf(subject), networkInstanceId, port.priority))
    .sort((a, b) => b.endsAtBoottimeMs - a.endsAtBoottimeMs)[0];
}

/** Of a selection for a static route: that of the network instance which has the route. */
export function networkInstanceIdOf({ id }: Pick<NetworkInstancePolicy, 'id'>): string {
  return routeSelectionOf(id)?.networkInstanceId ?? id;
}

function limitOf(subject: Subject, policy: DecisionPolicy): LimitInForce {
  const networkInstance = subject.kind === 'network-instance' ? subject.networkInstance : undefined;
  return limitInForce(operationOf(subject), networkInstance, policy);
}

function isWithin(inForce: LimitInForce, priority: number): boolean {
  if (inForce.from === 'download-max-cost') return priority <= inForce.maxCost;
  return inForce.limit.kind === 'every-priority' || inForce.limit.priorities.includes(priority);
}

function describeOutside(inForce: LimitInForce, priority: number, operation: NetworkOperation): string {
  if (inForce.from === 'download-max-cost') {
    return (
      `priority ${priority} is above network.download.max.cost (${inForce.maxCost}), and ` +
      `${formatOperation(operation)} has no policy of its own`
    );
  }
  const { limit } = inForce;
  return limit.kind === 'priorities' && limit.priorities.length === 0
    ? `no priority is allowed for ${formatOperation(operation)}`
    : `priority ${priority} is not among those allowed (${formatLimit(limit)})`;
}

/** All but app traffic: what the device does for itself goes over management ports only. */
function isManagementOperation(operation: NetworkOperation): boolean {
  return operation !== NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC;
}

function reason(code: IneligibleCode, detail: string): Reason<IneligibleCode> {
  return { code, detail };
}
