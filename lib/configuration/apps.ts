import { createHash } from 'node:crypto';
import { isIP } from 'node:net';

import type { AppInstanceConfig } from '../../gen/config/appconfig.js';
import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { NetworkAdapter } from '../../gen/config/netconfig.js';
import type { Sliced } from '../slices/index.js';
import { interpretAccessList } from './access-list.js';
import { checkRoom } from './address-room.js';
import { NO_VLANS } from './field-reference.js';
import { ipv4Network } from '../ipv4/index.js';
import type { App, AppInterface, NetworkInstance, PortMap } from './model.js';
import { hostIn } from './network-instances.js';
import type { Problems } from './problems.js';
import { isLabel, isLeasedName, isUuid, macAddressOf } from './syntax.js';

export interface InterpretedApps {
  readonly apps: readonly App[];
  /** Where each port map stands in the configuration. */
  readonly portMapFields: ReadonlyMap<PortMap, string>;
}

/** The apps, as far as the network goes. */
export function* interpretApps(
  config: EdgeDevConfig,
  instances: readonly NetworkInstance[],
  problems: Problems,
): Sliced<InterpretedApps> {
  const portMapFields = new Map<PortMap, string>();
  const byId = new Map(instances.map((instance) => [instance.id, instance]));
  const apps: App[] = [];
  for (const [index, app] of config.apps.entries()) {
    apps.push(interpretApp(app, `apps[${index}]`, byId, portMapFields, problems));
    yield;
  }
  problems.unique(
    config.apps,
    ({ uuidandversion }) => uuidandversion?.uuid.toLowerCase() ?? '',
    (index) => `apps[${index}].uuidandversion.uuid`,
    'the UUID',
  );
  const placed = apps.flatMap(({ interfaces }, app) =>
    interfaces.map((each, index) => ({ each, field: `apps[${app}].interfaces[${index}]` })),
  );
  problems.unique(
    placed,
    ({ each }) => each.macAddress,
    (index) => `${placed[index]?.field ?? ''}.macAddress`,
    'the MAC address',
  );
  problems.unique(
    placed,
    ({ each }) => (each.address === undefined ? '' : `${each.address} in ${each.networkInstanceId}`),
    (index) => `${placed[index]?.field ?? ''}.addr`,
    'the address',
  );
  checkRoom(apps, instances, (app, index) => `apps[${app}].interfaces[${index}]`, problems);
  return { apps, portMapFields };
}

function interpretApp(
  config: AppInstanceConfig,
  field: string,
  instances: ReadonlyMap<string, NetworkInstance>,
  portMapFields: Map<PortMap, string>,
  problems: Problems,
): App {
  const id = config.uuidandversion?.uuid ?? '';
  if (!isUuid(id)) problems.add(`${field}.uuidandversion.uuid`, 'must be a UUID');
  if (config.displayname !== '' && !isLabel(config.displayname)) {
    problems.add(`${field}.displayname`, 'must be 1 to 128 printable characters without quotes');
  }
  problems.unique(
    config.interfaces,
    ({ name }) => name,
    (index) => `${field}.interfaces[${index}].name`,
    'the interface',
  );
  return {
    id: id.toLowerCase(),
    name: config.displayname === '' ? id : config.displayname,
    active: config.activate,
    interfaces: config.interfaces.map((each, index) =>
      interpretInterface(id, each, `${field}.interfaces[${index}]`, instances, portMapFields, problems),
    ),
  };
}

function interpretInterface(
  appId: string,
  config: NetworkAdapter,
  field: string,
  instances: ReadonlyMap<string, NetworkInstance>,
  portMapFields: Map<PortMap, string>,
  problems: Problems,
): AppInterface {
  if (!isLabel(config.name)) problems.add(`${field}.name`, 'must be printable characters without quotes');
  const networkInstanceId = config.networkId.toLowerCase();
  const instance = instances.get(networkInstanceId);
  if (instance === undefined) {
    problems.add(`${field}.networkId`, `there is no network instance ${JSON.stringify(config.networkId)}`);
  }
  const macAddress = config.macAddress === '' ? madeMacAddress(appId, config.name) : macAddressOf(config.macAddress);
  if (macAddress === undefined)
    problems.add(`${field}.macAddress`, 'must be a unicast MAC address such as 02:16:3e:01:02:03');
  checkAddress(config.addr, instance, field, problems);
  if (config.hostname !== '' && !isLeasedName(config.hostname)) {
    problems.add(`${field}.hostname`, 'must be a host name, and no address, number, time or word of the DHCP server');
  }
  if (config.accessVlanId !== 0 && instance?.kind === 'switch' && instance.active) {
    problems.add(`${field}.accessVlanId`, `${NO_VLANS}: the app would be in another network`);
  }
  const accessList = interpretAccessList(config.acls, `${field}.acls`, instance, problems);
  const portMaps = accessList.flatMap(({ portMap }, index) => {
    if (portMap !== undefined) portMapFields.set(portMap, `${field}.acls[${index}]`);
    return portMap === undefined ? [] : [portMap];
  });
  return {
    name: config.name,
    networkInstanceId,
    macAddress: macAddress ?? '',
    address: config.addr === '' ? undefined : config.addr,
    hostName: config.hostname,
    accessList,
    portMaps,
  };
}

function checkAddress(address: string, instance: NetworkInstance | undefined, field: string, problems: Problems): void {
  if (address === '' || instance === undefined) return;
  if (instance.network === undefined) {
    // A switch's subnet is its surroundings' affair; one of kind local without a network is a problem already.
    if (isIP(address) === 0) problems.add(`${field}.addr`, 'must be an IP address');
    return;
  }
  const { subnet, prefixLength, gateway } = instance.network;
  const network = ipv4Network(`${subnet}/${prefixLength}`);
  if (network === undefined || hostIn(network, address) === undefined) {
    problems.add(`${field}.addr`, `must be a host address in ${subnet}/${prefixLength}`);
  } else if (address === gateway) {
    problems.add(`${field}.addr`, `${address} is the gateway's`);
  }
}

/** Locally administered, and the same for ever. */
function madeMacAddress(appId: string, interfaceName: string): string {
  const digest = createHash('sha256').update(`${appId.toLowerCase()}/${interfaceName}`).digest('hex');
  return ['02', ...[0, 2, 4, 6, 8].map((at) => digest.slice(at, at + 2))].join(':');
}
