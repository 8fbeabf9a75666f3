import { run } from 'iproute-exec';

import {
  APP_INTERFACE,
  appNames,
  CUSTOMER_INTERFACE,
  internetAddresses,
  INTERNET_INTERFACE,
  portNames,
  SWITCH_INTERFACE,
  type PortTopology,
  type Topology,
} from './topology.js';

type IpCommand = string;

interface LinkEnd {
  readonly name: string;
  /** Undefined: the kernel makes one up. */
  readonly index: number | undefined;
  readonly namespace: string;
  /** Undefined: the kernel makes one up. */
  readonly macAddress?: string;
}

/** Namespaces and the links between them, for one `ip -batch`. Apps' links too: unplugged, so far. */
export function creationCommands(topology: Topology): readonly IpCommand[] {
  const { namespaces } = topology;
  return [
    ...Object.values(namespaces).map((namespace) => `netns add ${namespace}`),
    ...portNames.flatMap((name) => {
      const port = topology.ports[name];
      const { indexes, ispNamespace, cableEnd, switchPort } = port;
      const customer = { name: CUSTOMER_INTERFACE, namespace: ispNamespace };
      return [
        link(
          { name, index: indexes.device, namespace: namespaces.device, macAddress: port.macAddress },
          { name: cableEnd.interfaceName, index: indexes.customer, namespace: cableEnd.namespace },
        ),
        ...(switchPort === undefined
          ? []
          : [
              link(
                { name: switchPort.interfaceName, index: switchPort.index, namespace: cableEnd.namespace },
                { ...customer, index: undefined },
              ),
            ]),
        link(
          { name: INTERNET_INTERFACE, index: indexes.ispUplink, namespace: ispNamespace },
          { name: port.internetInterface, index: indexes.internet, namespace: namespaces.internet },
        ),
      ];
    }),
    ...appNames.map((name) => {
      const app = topology.apps[name];
      return link(
        { name: app.deviceInterface, index: app.indexes.device, namespace: namespaces.device },
        { name: APP_INTERFACE, index: app.indexes.app, namespace: app.namespace, macAddress: app.macAddress },
      );
    }),
  ];
}

function optional(word: string, value: number | string | undefined): string {
  return value === undefined ? '' : ` ${word} ${value}`;
}

function link(end: LinkEnd, peer: LinkEnd): IpCommand {
  const words = ({ name, index, namespace, macAddress }: LinkEnd): string =>
    `${name}${optional('index', index)}${optional('address', macAddress)} netns ${namespace}`;
  return `link add ${words(end)} type veth peer name ${words(peer)}`;
}

/** Addresses, routes and links up in each namespace, for one `ip -n NAMESPACE -batch` each. */
export function configurationCommands(topology: Topology): ReadonlyMap<string, readonly IpCommand[]> {
  const { namespaces, ports } = topology;
  const commands = new Map<string, readonly IpCommand[]>();
  commands.set(namespaces.device, ['link set lo up', ...portNames.map((name) => `link set ${name} up`)]);
  for (const name of portNames) commands.set(ports[name].ispNamespace, ispCommands(ports[name]));
  commands.set(namespaces.internet, [
    'link set lo up',
    ...Object.values(internetAddresses).map((address) => `address add ${address}/32 dev lo`),
    ...portNames.flatMap((name) => internetCommands(ports[name])),
    ...switchCommands(portNames.map((name) => ports[name])),
  ]);
  for (const name of appNames) {
    commands.set(namespaces[name], ['link set lo up', `link set ${APP_INTERFACE} up`]);
  }
  return commands;
}

/** What is on the switch, if anything is. */
function switchCommands(ports: readonly PortTopology[]): readonly IpCommand[] {
  const members = ports.flatMap(({ cableEnd, switchPort }) =>
    switchPort === undefined ? [] : [cableEnd.interfaceName, switchPort.interfaceName],
  );
  if (members.length === 0) return [];
  return [
    `link add ${SWITCH_INTERFACE} type bridge`,
    `link set ${SWITCH_INTERFACE} up`,
    ...members.map((name) => `link set ${name} master ${SWITCH_INTERFACE} up`),
  ];
}

function ispCommands(port: PortTopology): readonly IpCommand[] {
  return [
    'link set lo up',
    `address add ${port.gateway}/${port.prefixLength} dev ${CUSTOMER_INTERFACE}`,
    `link set ${CUSTOMER_INTERFACE} up`,
    `address add ${port.transit.ispAddress}/30 dev ${INTERNET_INTERFACE}`,
    `link set ${INTERNET_INTERFACE} up`,
    `route add default via ${port.transit.internetAddress}`,
  ];
}

function internetCommands(port: PortTopology): readonly IpCommand[] {
  const link = [
    `address add ${port.transit.internetAddress}/30 dev ${port.internetInterface}`,
    `link set ${port.internetInterface} up`,
  ];
  // Behind a NAT the customer's network is nobody's business.
  const reached =
    port.kind === 'carrier-nat'
      ? `${port.transit.ispAddress}/32`
      : `${port.subnet}/${port.prefixLength} via ${port.transit.ispAddress}`;
  return [...link, `route add ${reached} dev ${port.internetInterface} src ${internetAddresses.client}`];
}

/**
 * Makes the namespaces and links and brings them up. Forwarding is on in the ISPs and the internet; IPv6 is off
 * everywhere but in the device and the apps. The device is left as a freshly booted machine: no forwarding, no rules.
 */
export async function makeLinks(topology: Topology): Promise<void> {
  await run('ip', ['-batch', '-'], { input: batch(creationCommands(topology)) });
  await Promise.all([
    ...[...configurationCommands(topology)].map(([namespace, commands]) =>
      run('ip', ['-n', namespace, '-batch', '-'], { input: batch(commands) }),
    ),
    ...[topology.namespaces.internet, ...portNames.map((name) => topology.ports[name].ispNamespace)].map((namespace) =>
      run('sysctl', ['-eqw', ...routerSettings], { namespace }),
    ),
  ]);
}

const routerSettings = [
  'net.ipv4.ip_forward=1',
  'net.ipv6.conf.all.disable_ipv6=1',
  'net.ipv6.conf.default.disable_ipv6=1',
];

function batch(commands: readonly IpCommand[]): string {
  return `${commands.join('\n')}\n`;
}
