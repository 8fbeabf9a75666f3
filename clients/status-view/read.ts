import { call } from '../../lib/rpc/index.js';
import { NetworkInstanceTestStatus } from '../../gen/nim/v1/network_instance_test_status.js';
import { PortStatus } from '../../gen/nim/v1/port_status.js';
import { ConfigStatus } from '../../gen/zedagent/v1/device_config.js';
import { NetworkInstanceStatus, PortMapStatus } from '../../gen/zedrouter/v1/network_router.js';
import type { ConnectionOptions } from '../terminal/addresses.js';
import { ask, withConnection } from '../connection/clients.js';
import { describeProblem } from '../terminal/problem.js';
import { messageToJson } from '../terminal/json.js';
import type { StatusView } from './view.js';

/** A service on this machine that has not answered by then is busy beyond use, stopped, or hangs. */
const STATUS_TIMEOUT_MS = 2_500;

/** The present status, and what kept us from part of it. */
export interface StatusAnswer {
  readonly view: StatusView;
  /** Not part of the view: there may be thousands, and no stream tells of them. */
  readonly portMaps: readonly PortMapStatus[];
  readonly problems: readonly unknown[];
}

/**
 * Asks the services at once. One that does not answer costs its part only; without zedagent traffic goes on as before,
 * so that is no trouble here.
 */
export async function readStatus(options: ConnectionOptions): Promise<StatusAnswer> {
  const [fromNim, fromZedrouter, fromZedagent] = await Promise.allSettled([
    withConnection('nim', options, async (nim) => {
      const [device, selections] = await Promise.all([
        ask(nim, (client, callOptions) => call(client, 'getDeviceNetworkStatus', {}, callOptions), STATUS_TIMEOUT_MS),
        ask(
          nim,
          (client, callOptions) => call(client, 'listNetworkInstanceTestStatus', { networkInstances: [] }, callOptions),
          STATUS_TIMEOUT_MS,
        ),
      ]);
      return { ports: device.deviceNetworkStatus?.ports ?? [], selections: selections.statuses };
    }),
    withConnection('zedrouter', options, async (zedrouter) => {
      const [applied, { portMaps }] = await Promise.all([
        ask(
          zedrouter,
          (client, callOptions) => call(client, 'listNetworkInstanceStatus', { networkInstances: [] }, callOptions),
          STATUS_TIMEOUT_MS,
        ),
        ask(
          zedrouter,
          (client, callOptions) => call(client, 'listPortMaps', { networkInstances: [] }, callOptions),
          STATUS_TIMEOUT_MS,
        ),
      ]);
      return { statuses: applied.statuses, portMaps };
    }),
    getConfigStatus(options),
  ]);
  const problems: unknown[] = [];
  if (fromNim.status === 'rejected') problems.push(fromNim.reason);
  if (fromZedrouter.status === 'rejected') problems.push(fromZedrouter.reason);
  return {
    view: {
      ports: fromNim.status === 'fulfilled' ? fromNim.value.ports : [],
      selections: fromNim.status === 'fulfilled' ? fromNim.value.selections : [],
      applied: fromZedrouter.status === 'fulfilled' ? fromZedrouter.value.statuses : [],
      ...(fromZedagent.status === 'fulfilled' ? { configuration: fromZedagent.value } : {}),
      troubles: problems.flatMap((problem) => describeProblem(problem).lines),
    },
    portMaps: fromZedrouter.status === 'fulfilled' ? fromZedrouter.value.portMaps : [],
    problems,
  };
}

/** A view for programs: the messages of the services in protobuf JSON. */
export async function viewToJson({ ports, selections, applied, configuration, troubles }: StatusView): Promise<object> {
  const nim = 'org.lfedge.eve.nim.v1';
  return {
    ports: await Promise.all(ports.map((port) => messageToJson(`${nim}.PortStatus`, PortStatus, port))),
    networkInstanceTestStatuses: await Promise.all(
      selections.map((each) => messageToJson(`${nim}.NetworkInstanceTestStatus`, NetworkInstanceTestStatus, each)),
    ),
    networkInstanceStatuses: await Promise.all(
      applied.map((each) =>
        messageToJson('org.lfedge.eve.zedrouter.v1.NetworkInstanceStatus', NetworkInstanceStatus, each),
      ),
    ),
    configuration: configuration === undefined ? null : await configStatusToJson(configuration),
    troubles,
  };
}

/** What zedagent knows of the configuration in force. */
export async function getConfigStatus(options: ConnectionOptions): Promise<ConfigStatus> {
  const { configStatus } = await withConnection('zedagent', options, (zedagent) =>
    ask(zedagent, (client, callOptions) => call(client, 'getConfigStatus', {}, callOptions), STATUS_TIMEOUT_MS),
  );
  return configStatus ?? ConfigStatus.create();
}

/** The same for programs. */
export function configStatusToJson(configStatus: ConfigStatus): Promise<unknown> {
  return messageToJson('org.lfedge.eve.zedagent.v1.ConfigStatus', ConfigStatus, configStatus);
}

/** Port maps for programs. */
export function portMapsToJson(portMaps: readonly PortMapStatus[]): Promise<readonly unknown[]> {
  return Promise.all(
    portMaps.map((each) => messageToJson('org.lfedge.eve.zedrouter.v1.PortMapStatus', PortMapStatus, each)),
  );
}
