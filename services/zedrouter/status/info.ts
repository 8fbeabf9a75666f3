import { Severity } from '../../../gen/info/common.js';
import { ZInfoNetworkInstance, ZNetworkInstanceState } from '../../../gen/info/info.js';
import type { NetworkInstanceStatus } from '../../../gen/zedrouter/v1/network_router.js';
import type { NetworkInstance } from '../../../lib/configuration/index.js';

/** config.ZNetworkInstType.ZnetInstLocal, ZnetInstSwitch */
const LOCAL = 2;
const SWITCH = 1;

/** The status in EVE's own message. The default route names the port in use, as `info.IPRoute.port` does in EVE. */
export function networkInstanceInfo(
  instance: NetworkInstance,
  bridgeNumber: number,
  status: NetworkInstanceStatus,
): ZInfoNetworkInstance {
  const inUse = status.armedPorts[0];
  return ZInfoNetworkInstance.fromPartial({
    networkID: instance.id,
    instType: instance.kind === 'switch' ? SWITCH : LOCAL,
    displayname: instance.name,
    activated: instance.active,
    ports: status.armedPorts,
    bridgeNum: bridgeNumber,
    bridgeName: status.bridge,
    bridgeIPAddr: instance.network?.gateway ?? '',
    ipAssignments: status.appInterfaces.map(({ macAddress, address, addresses }) => ({
      macAddress,
      ipAddress: instance.kind === 'switch' ? addresses : [address],
    })),
    vifs: status.appInterfaces.map(({ interface: vifName, macAddress, appId }) => ({
      vifName,
      macAddress,
      appID: appId,
    })),
    networkErr: [
      ...status.errors.map((description) => ({ description, severity: Severity.SEVERITY_ERROR })),
      ...status.obstacles.map(({ subject, detail, remedy }) => ({
        description: `${subject}: ${detail}; ${remedy}`,
        severity: Severity.SEVERITY_WARNING,
      })),
      ...status.notices.map((description) => ({ description, severity: Severity.SEVERITY_NOTICE })),
    ],
    state:
      status.errors.length > 0
        ? ZNetworkInstanceState.ZNETINST_STATE_ERROR
        : ZNetworkInstanceState.ZNETINST_STATE_ONLINE,
    mtu: status.mtu,
    ipRoutes:
      inUse === undefined || instance.kind === 'switch' ? [] : [{ destinationNetwork: '0.0.0.0/0', port: inUse }],
  });
}
