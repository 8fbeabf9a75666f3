import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { DeviceModel, NetworkInstance, PriorityLimit } from '../model.js';

/** Every operation that there is. */
export const operations: readonly NetworkOperation[] = Object.values(NetworkOperation).filter(
  (operation) => operation > NetworkOperation.NETWORK_OPERATION_UNSPECIFIED,
);

/** Which priorities something may use, grants left aside, and what says so. */
export type LimitInForce =
  | { readonly from: 'network-instance' | 'operation' | 'default'; readonly limit: PriorityLimit }
  /** EVE's configItem, the default of downloads. */
  | { readonly from: 'download-max-cost'; readonly maxCost: number };

/**
 * The most particular limit wins: the network instance's, the operation's, the default (docs/design.md#eligible). What
 * a network instance uses a port for is app traffic.
 */
export function limitInForce(
  operation: NetworkOperation,
  networkInstance: Pick<NetworkInstance, 'allowedPriorities'> | undefined,
  policy: Pick<DeviceModel, 'operationPriorities' | 'downloadMaxCost'>,
): LimitInForce {
  const ofNetworkInstance = networkInstance?.allowedPriorities;
  if (ofNetworkInstance !== undefined) return { from: 'network-instance', limit: ofNetworkInstance };
  const ofOperation = policy.operationPriorities.get(operation);
  if (ofOperation !== undefined) return { from: 'operation', limit: ofOperation };
  return isDownload(operation)
    ? { from: 'download-max-cost', maxCost: policy.downloadMaxCost }
    : { from: 'default', limit: { kind: 'every-priority' } };
}

function isDownload(operation: NetworkOperation): boolean {
  return (
    operation === NetworkOperation.NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD ||
    operation === NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD
  );
}
