import { status } from '@grpc/grpc-js';

import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { isKnownOperation } from '../../../lib/configuration/index.js';
import { RpcError } from '../../../lib/rpc/index.js';
import type { Published, Publisher } from '../publish/index.js';

/** What answers rest on. @throws RpcError UNAVAILABLE before there is a configuration */
export function publishedBy(publisher: Publisher): Published {
  if (publisher.published !== undefined) return publisher.published;
  throw new RpcError(status.UNAVAILABLE, 'no configuration has come from zedagent yet', {
    reason: 'CONFIGURATION_UNKNOWN',
  });
}

/** @throws RpcError INVALID_ARGUMENT where ports are used for no such operation */
export function checkOperation(operation: NetworkOperation): void {
  if (isKnownOperation(operation)) return;
  throw new RpcError(status.INVALID_ARGUMENT, 'no such operation', {
    reason: 'OPERATION_UNKNOWN',
    violations: [{ field: 'operation', description: `${operation} is no operation that ports are used for` }],
  });
}
