import { status } from '@grpc/grpc-js';

import {
  DeviceConfigServiceService,
  type DeviceConfigServiceServer,
  type WatchConfigRequest,
  type WatchConfigResponse,
} from '../../gen/zedagent/v1/device_config.js';
import { RpcError, serverStreaming, unary, type CallContext, type ServedService } from '../rpc/index.js';
import type { ConfigStore } from './config-store.js';
import { requireRole } from './roles.js';

/** DeviceConfigService over the configuration in `store`. */
export function deviceConfigService(store: ConfigStore): ServedService {
  const implementation: DeviceConfigServiceServer = {
    pushConfig: unary((request, { caller }) => {
      requireRole(caller, 'write');
      return store.push(request);
    }),
    getConfig: unary((_request, { caller }) => {
      requireRole(caller, 'read');
      const { current } = store;
      if (current === undefined) {
        throw new RpcError(status.NOT_FOUND, 'no configuration has been pushed yet', { reason: 'NO_CONFIG' });
      }
      return { deviceConfig: current };
    }),
    watchConfig: serverStreaming((request, context) => watch(store, request, context)),
  };
  return { definition: DeviceConfigServiceService, implementation };
}

async function* watch(
  store: ConfigStore,
  { knownVersion }: WatchConfigRequest,
  { signal, caller }: CallContext,
): AsyncIterable<WatchConfigResponse> {
  requireRole(caller, 'read');
  for await (const { upserts } of store.state.watch({ epoch: '', afterRevision: 0n }, signal)) {
    const [deviceConfig] = upserts;
    if (deviceConfig !== undefined && deviceConfig.version !== knownVersion) {
      yield { deviceConfig, policy: undefined, policyChanges: [] };
    }
  }
}
