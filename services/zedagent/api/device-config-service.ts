import { status } from '@grpc/grpc-js';

import { DeviceConfigServiceService, type DeviceConfigServiceServer } from '../../../gen/zedagent/v1/device_config.js';
import { configurationRequest, RpcError, serverStreaming, unary, type ServedService } from '../../../lib/rpc/index.js';
import { authorOf } from './author.js';
import type { Instant } from '../in-force/instant.js';
import { configStatus } from '../config/config-status.js';
import { confirmConfig, returnConfig, unconfirmedIn } from '../config/confirmation.js';
import { pushConfig } from '../config/push-config.js';
import { callerInterface, type InterfaceWith } from './caller-interface.js';
import type { ConfigHistory } from '../state/config-history.js';
import { formerConfig } from './former-config.js';
import type { Store } from '../state/store.js';
import { watchConfig } from './watch-config.js';

/** DeviceConfigService over what is in force. */
export function deviceConfigService(
  store: Store,
  history: ConfigHistory,
  now: () => Instant,
  whichHas: InterfaceWith,
): ServedService {
  const implementation: DeviceConfigServiceServer = {
    pushConfig: unary((request, { caller }) => {
      const author = authorOf(request.author, caller);
      const by = { callerInterface: callerInterface(caller, whichHas) };
      return store.changeSliced((current, instant) => pushConfig(current, { ...request, author }, instant, by));
    }),
    rollbackConfig: unary(async (request, { caller }) => {
      const author = authorOf(request.author, caller);
      const by = { callerInterface: callerInterface(caller, whichHas) };
      const former = await formerConfig(history, request.version, store.current.deviceConfig?.version);
      const { version: fromVersion, config } = former;
      const reason = `the content of version ${fromVersion} again`;
      const push = await store.changeSliced((current, instant) =>
        pushConfig(current, { ...request, author, config }, instant, { ...by, reason }),
      );
      return { fromVersion, push };
    }),
    confirmConfig: unary((request) => store.change((current) => confirmConfig(current, request))),
    returnConfig: unary(async ({ version, reason }) => {
      const { confirmation } = unconfirmedIn(store.current.deviceConfig, version);
      const before = await formerConfig(history, confirmation.returnToVersion, version);
      return store.change((current, instant) => returnConfig(current, { version, reason }, before, instant));
    }),
    listConfigHistory: unary(async () => {
      const { deviceConfig } = store.current;
      const versions = (await history.versions()).filter((version) => version !== deviceConfig?.version);
      const former = await Promise.all(versions.map((version) => history.readHead(version)));
      const all = [deviceConfig, ...former].filter((each) => each !== undefined);
      return { versions: all.map((each) => ({ ...each, config: undefined })) };
    }),
    getConfig: unary(async ({ version }) => {
      if (version !== undefined && version !== store.current.deviceConfig?.version) {
        return { deviceConfig: await formerConfig(history, version, store.current.deviceConfig?.version) };
      }
      const { deviceConfig } = store.current;
      if (deviceConfig === undefined) {
        throw new RpcError(status.NOT_FOUND, 'no configuration has been pushed yet', { reason: 'NO_CONFIG' });
      }
      return { deviceConfig };
    }),
    getConfigStatus: unary(async () => ({ configStatus: await configStatus(store.current) })),
    watchConfig: serverStreaming((request, { signal }) => watchConfig(request, store.watch(signal), now)),
  };
  return { definition: DeviceConfigServiceService, implementation, limits: { pushConfig: configurationRequest } };
}
