import { status } from '@grpc/grpc-js';

import { DeviceConfigServiceService, type DeviceConfigServiceServer } from '../../../gen/zedagent/v1/device_config.js';
import { configurationRequest, RpcError, serverStreaming, unary, type ServedService } from '../../../lib/rpc/index.js';
import { authorOf } from './author.js';
import type { Instant } from '../in-force/instant.js';
import { configStatus } from '../config/config-status.js';
import { pushConfig } from '../config/push-config.js';
import { callerInterface, type InterfaceWith } from './caller-interface.js';
import type { Store } from '../state/store.js';
import { watchConfig } from './watch-config.js';

/** DeviceConfigService over what is in force. */
export function deviceConfigService(store: Store, now: () => Instant, whichHas: InterfaceWith): ServedService {
  const implementation: DeviceConfigServiceServer = {
    pushConfig: unary((request, { caller }) => {
      const author = authorOf(request.author, caller);
      const by = { callerInterface: callerInterface(caller, whichHas) };
      return store.change((current, instant) => pushConfig(current, { ...request, author }, instant, by));
    }),
    getConfig: unary(() => {
      const { deviceConfig } = store.current;
      if (deviceConfig === undefined) {
        throw new RpcError(status.NOT_FOUND, 'no configuration has been pushed yet', { reason: 'NO_CONFIG' });
      }
      return { deviceConfig };
    }),
    getConfigStatus: unary(() => ({ configStatus: configStatus(store.current) })),
    watchConfig: serverStreaming((request, { signal }) => watchConfig(request, store.watch(signal), now)),
  };
  return { definition: DeviceConfigServiceService, implementation, limits: configurationRequest };
}
