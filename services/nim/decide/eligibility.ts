import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { PortUsage, PriorityLimit } from '../../configuration/index.js';
import type { IneligibleCode, Reason } from './candidate.js';
import type { DecisionPolicy, NetworkInstancePolicy, PortPolicy } from './policy.js';

/** Who asks for a port. */
export type Subject =
  | { readonly kind: 'network-instance'; readonly networkInstance: NetworkInstancePolicy }
  | { readonly kind: 'operation'; readonly operation: NetworkOperation };

/**
 * Why policy forbids a port to a network instance or an operation, all reasons at once; empty where it is eligible.
 * The only place where this is decided (DESIGN, Decisions: Eligible).
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
      ? [reason('not-management-port', `${nameOperation(operation)} uses management ports only`)]
      : []),
    ...(port.allowedOperations.length > 0 && !port.allowedOperations.includes(operation)
      ? [
          reason(
            'operation-not-allowed-on-port',
            `the port is for ${port.allowedOperations.map(nameOperation).join(', ')} only`,
          ),
        ]
      : []),
    ...priorityReasons(port, subject, operation, policy),
  ];
}

/** What a network instance uses a port for is app traffic. */
function operationOf(subject: Subject): NetworkOperation {
  return subject.kind === 'operation' ? subject.operation : NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC;
}

function labelReasons(port: PortPolicy, { portLabel }: NetworkInstancePolicy): readonly Reason<IneligibleCode>[] {
  if (portLabel === undefined)
    return [reason('label-mismatch', 'the network instance is air-gapped: it names no port')];
  if (port.labels.includes(portLabel)) return [];
  return [reason('label-mismatch', `the network instance wants ports labelled "${portLabel}"`)];
}

function usageReasons(port: PortPolicy, operation: NetworkOperation): readonly Reason<IneligibleCode>[] {
  const permits = isManagementOperation(operation) ? permitsManagement : permitsApps;
  return permits[port.usage] ? [] : [reason('usage-forbids', usageInWords[port.usage])];
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

const usageInWords: Readonly<Record<PortUsage, string>> = {
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
  const limit = limitOf(subject, operation, policy);
  switch (limit.kind) {
    case 'every-priority':
      return [];
    case 'priorities':
      if (limit.priorities.includes(port.priority)) return [];
      return [
        reason(
          'priority-not-allowed',
          limit.priorities.length === 0
            ? `no priority is allowed for ${nameOperation(operation)}`
            : `priority ${port.priority} is not among those allowed (${limit.priorities.join(', ')})`,
        ),
      ];
    case 'download-max-cost':
      if (port.priority <= limit.maxCost) return [];
      return [
        reason(
          'priority-not-allowed',
          `priority ${port.priority} is above network.download.max.cost (${limit.maxCost}), and ` +
            `${nameOperation(operation)} has no policy of its own`,
        ),
      ];
  }
}

/** The most particular limit wins: the network instance's, the operation's, the default. */
function limitOf(
  subject: Subject,
  operation: NetworkOperation,
  policy: DecisionPolicy,
): PriorityLimit | { readonly kind: 'download-max-cost'; readonly maxCost: number } {
  const ofNetworkInstance = subject.kind === 'network-instance' ? subject.networkInstance.allowedPriorities : undefined;
  const set = ofNetworkInstance ?? policy.operationPriorities.get(operation);
  if (set !== undefined) return set;
  return isDownload(operation)
    ? { kind: 'download-max-cost', maxCost: policy.downloadMaxCost }
    : { kind: 'every-priority' };
}

function isDownload(operation: NetworkOperation): boolean {
  return (
    operation === NetworkOperation.NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD ||
    operation === NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD
  );
}

/** All but app traffic: what the device does for itself goes over management ports only. */
function isManagementOperation(operation: NetworkOperation): boolean {
  return operation !== NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC;
}

/** An operation in the words of messages. */
export function nameOperation(operation: NetworkOperation): string {
  switch (operation) {
    case NetworkOperation.NETWORK_OPERATION_CONTROLLER:
      return 'controller traffic';
    case NetworkOperation.NETWORK_OPERATION_LOG_UPLOAD:
      return 'log upload';
    case NetworkOperation.NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD:
      return 'base image download';
    case NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD:
      return 'app image download';
    case NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC:
      return 'app traffic';
    case NetworkOperation.NETWORK_OPERATION_UNSPECIFIED:
    case NetworkOperation.UNRECOGNIZED:
      return 'an unknown operation';
  }
}

function reason(code: IneligibleCode, detail: string): Reason<IneligibleCode> {
  return { code, detail };
}
