import { createHash } from 'node:crypto';

import type { AppInstanceConfig } from '../../gen/config/appconfig.js';
import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import type { ACE } from '../../gen/config/fw.js';
import type { NetworkAdapter } from '../../gen/config/netconfig.js';
import { ipv4Network } from './ipv4.js';
import type { App, AppInterface, NetworkInstance, PortMap } from './model.js';
import { hostIn } from './network-instances.js';
import type { Problems } from './problems.js';
import { isHostName, isLabel, isUuid, macAddressOf } from './words.js';

/** The apps, as far as the network goes. */
export function interpretApps(
  config: EdgeDevConfig,
  instances: readonly NetworkInstance[],
  problems: Problems,
): readonly App[] {
  const byId = new Map(instances.map((instance) => [instance.id, instance]));
  const apps = config.apps.map((app, index) => interpretApp(app, `apps[${index}]`, byId, problems));
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
    ({ each }) => each.address ?? '',
    (index) => `${placed[index]?.field ?? ''}.addr`,
    'the address',
  );
  return apps;
}

function interpretApp(
  config: AppInstanceConfig,
  field: string,
  instances: ReadonlyMap<string, NetworkInstance>,
  problems: Problems,
): App {
  const id = config.uuidandversion?.uuid ?? '';
  if (!isUuid(id)) problems.add(`${field}.uuidandversion.uuid`, 'must be a UUID');
  problems.unique(
    config.interfaces,
    ({ name }) => name,
    (index) => `${field}.interfaces[${index}].name`,
    'the interface',
  );
  return {
    id,
    name: config.displayname,
    active: config.activate,
    interfaces: config.interfaces.map((each, index) =>
      interpretInterface(id, each, `${field}.interfaces[${index}]`, instances, problems),
    ),
  };
}

function interpretInterface(
  appId: string,
  config: NetworkAdapter,
  field: string,
  instances: ReadonlyMap<string, NetworkInstance>,
  problems: Problems,
): AppInterface {
  if (!isLabel(config.name)) problems.add(`${field}.name`, 'must be printable characters without quotes');
  const instance = instances.get(config.networkId);
  if (instance === undefined) {
    problems.add(`${field}.networkId`, `there is no network instance ${JSON.stringify(config.networkId)}`);
  }
  const macAddress = config.macAddress === '' ? madeMacAddress(appId, config.name) : macAddressOf(config.macAddress);
  if (macAddress === undefined)
    problems.add(`${field}.macAddress`, 'must be a unicast MAC address such as 02:16:3e:01:02:03');
  checkAddress(config.addr, instance, field, problems);
  if (config.hostname !== '' && !isHostName(config.hostname)) problems.add(`${field}.hostname`, 'must be a host name');
  return {
    name: config.name,
    networkInstanceId: config.networkId,
    macAddress: macAddress ?? '',
    address: config.addr === '' ? undefined : config.addr,
    hostName: config.hostname,
    portMaps: config.acls.flatMap((acl, index) => interpretAcl(acl, `${field}.acls[${index}]`, problems)),
  };
}

function checkAddress(address: string, instance: NetworkInstance | undefined, field: string, problems: Problems): void {
  if (address === '' || instance?.network === undefined) return;
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
  const digest = createHash('sha256').update(`${appId}/${interfaceName}`).digest('hex');
  return ['02', ...[0, 2, 4, 6, 8].map((at) => digest.slice(at, at + 2))].join(':');
}

/** EVE.md: a port map is an ACE whose action has portmap=true; the matches are protocol, lport and optionally adapter. */
function interpretAcl(acl: ACE, field: string, problems: Problems): readonly PortMap[] {
  const actionIndex = acl.actions.findIndex(({ portmap }) => portmap);
  const action = acl.actions[actionIndex];
  if (action === undefined) return [];
  const matchOf = (type: string) => acl.matches.find((match) => match.type === type)?.value;
  const protocol = matchOf('protocol')?.toLowerCase();
  const externalPort = portNumber(matchOf('lport') ?? '');
  const adapterLabel = matchOf('adapter');
  if (protocol !== 'tcp' && protocol !== 'udp')
    problems.add(`${field}.matches`, 'a port map needs a protocol, tcp or udp');
  if (externalPort === undefined) problems.add(`${field}.matches`, 'a port map needs an lport from 1 to 65535');
  if (action.appPort < 1 || action.appPort > 65_535) {
    problems.add(`${field}.actions[${actionIndex}].appPort`, 'must be 1 to 65535');
  }
  if (adapterLabel !== undefined && !isLabel(adapterLabel)) {
    problems.add(`${field}.matches`, 'the adapter must be a label: printable characters without quotes');
  }
  if ((protocol !== 'tcp' && protocol !== 'udp') || externalPort === undefined) return [];
  return [{ protocol, externalPort, appPort: action.appPort, adapterLabel }];
}

function portNumber(text: string): number | undefined {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= 65_535 ? number : undefined;
}
