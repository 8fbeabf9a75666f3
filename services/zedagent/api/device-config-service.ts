import { status } from '@grpc/grpc-js';

import { DeviceConfigServiceService, type DeviceConfigServiceServer } from '../../../gen/zedagent/v1/device_config.js';
import { RpcError, serverStreaming, unary, type ServedService } from '../../../lib/rpc/index.js';
import { authorOf } from './author.js';
import type { Instant } from '../in-force/instant.js';
import { configStatus } from '../config/config-status.js';
import { pushConfig } from '../config/push-config.js';
import { requireRole } from './roles.js';
import { callerInterface, type InterfaceWith } from './caller-interface.js';
import type { Store } from '../state/store.js';
import { watchConfig } from './watch-config.js';

/** DeviceConfigService over what is in force. */
export function deviceConfigService(store: Store, now: () => Instant, whichHas: InterfaceWith): ServedService {
  const implementation: DeviceConfigServiceServer = {
    pushConfig: unary((request, { caller }) => {
      requireRole(caller, 'write');
      const author = authorOf(request.author, caller);
      const by = { callerInterface: callerInterface(caller, whichHas) };
      return store.change((current, instant) => pushConfig(current, { ...request, author }, instant, by));
    }),
    getConfig: unary((_request, { caller }) => {
      requireRole(caller, 'read');
      const { deviceConfig } = store.current;
      if (deviceConfig === undefined) {
        throw new RpcError(status.NOT_FOUND, 'no configuration has been pushed yet', { reason: 'NO_CONFIG' });
      }
      return { deviceConfig };
    }),
    getConfigStatus: unary((_request, { caller }) => {
      requireRole(caller, 'read');
      return { configStatus: configStatus(store.current) };
    }),
    watchConfig: serverStreaming((request, { caller, signal }) => {
      requireRole(caller, 'read');
      return watchConfig(request, store.watch(signal), now);
    }),
  };
  return { definition: DeviceConfigServiceService, implementation };
}
