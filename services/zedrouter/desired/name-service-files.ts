import type { NameService } from './dataplane.js';
import { forwarderOf } from './forwarders.js';
import { ipv4Mask, ipv4Text } from '../../../lib/ipv4/index.js';
import type { PortFacts } from './inputs.js';
import type { AttachedInterface, LocalInstance } from './local-instances.js';
import type { AppTerms } from './port-terms.js';

const LEASE_SECONDS = 3600;

/** An app's interface with the address it leases. */
export interface LeasedInterface {
  readonly attached: AttachedInterface;
  readonly address: string;
}

export interface NameServiceInputs {
  readonly instance: LocalInstance;
  readonly bridge: string;
  readonly directory: string;
  readonly leased: readonly LeasedInterface[];
  /** What apps are told, as its ports have it. */
  readonly terms: AppTerms;
  /** What else its configuration says, for names that access lists match. */
  readonly hostNameLines: readonly string[];
}

/** Paths of the files of a network instance's dnsmasq. */
export function nameServicePaths(directory: string, bridge: string) {
  const at = (suffix: string) => `${directory}/${bridge}.${suffix}`;
  return {
    config: at('conf'),
    dhcpHosts: at('dhcp-hosts'),
    hosts: at('hosts'),
    servers: at('servers'),
    leases: at('leases'),
    pid: at('pid'),
  } as const;
}

/**
 * The dnsmasq of a network instance, as far as no switch changes it: leases for its apps and no one else, and the names
 * of its own. Upstream servers are in a file of theirs (`serversText`).
 */
export function fixedFiles({
  instance,
  bridge,
  directory,
  leased,
  terms,
  hostNameLines,
}: NameServiceInputs): Omit<NameService, 'servers'> {
  const { network } = instance;
  const paths = nameServicePaths(directory, bridge);
  const netmask = ipv4Text(ipv4Mask(network.prefixLength));
  return {
    config: lines([
      `# ${instance.id}`,
      // It re-reads files in a directory that may be root's alone, and binds sockets to ports.
      'user=root',
      `interface=${bridge}`,
      'except-interface=lo',
      // With bind-interfaces it never looks anew which index the interface of a server has, and asks a server over the
      // port of the one whose place in the list it took.
      'bind-dynamic',
      `listen-address=${network.gateway}`,
      'no-resolv',
      'no-hosts',
      'no-ping',
      'strict-order',
      'dhcp-authoritative',
      `dhcp-range=${network.subnet},static,${netmask},${LEASE_SECONDS}`,
      ...routeOptions(network.gateway, terms),
      `dhcp-option=option:dns-server,${network.gateway}`,
      `dhcp-option=option:mtu,${terms.mtu}`,
      ...(network.domainName === '' ? [] : [`domain=${network.domainName}`]),
      ...(terms.ntpServers.length === 0 ? [] : [`dhcp-option=option:ntp-server,${terms.ntpServers.join(',')}`]),
      `dhcp-hostsfile=${paths.dhcpHosts}`,
      `addn-hosts=${paths.hosts}`,
      `servers-file=${paths.servers}`,
      `dhcp-leasefile=${paths.leases}`,
      `pid-file=${paths.pid}`,
      ...hostNameLines,
    ]),
    dhcpHosts: lines(
      leased.map(({ attached: { appInterface }, address }) =>
        [appInterface.macAddress, address, ...hostName(appInterface.hostName)].join(','),
      ),
    ),
    hosts: lines([
      ...network.staticDnsEntries.flatMap(({ hostName: name, addresses }) =>
        addresses.map((address) => `${address} ${name}`),
      ),
      ...leased.flatMap(({ attached: { appInterface }, address }) =>
        hostName(appInterface.hostName).map((name) => `${address} ${name}`),
      ),
    ]),
  };
}

/**
 * Whatever apps are told to send out goes to the bridge. Who understands option 121 takes no notice of option 3 (RFC
 * 3442), so the default route stands in both; without one, option 3 is empty, because dnsmasq would name itself.
 */
function routeOptions(gateway: string, { hasDefaultRoute, routes }: AppTerms): readonly string[] {
  const classless = [
    ...(hasDefaultRoute ? ['0.0.0.0/0'] : []),
    ...routes.map(({ address, length }) => `${address}/${length}`),
  ];
  return [
    hasDefaultRoute ? `dhcp-option=option:router,${gateway}` : 'dhcp-option=option:router',
    ...(routes.length === 0
      ? []
      : [`dhcp-option=option:classless-static-route,${classless.map((prefix) => `${prefix},${gateway}`).join(',')}`]),
  ];
}

/**
 * Upstream servers over the ports of the ranking, the port in use first: the forwarder that asks them over that port
 * alone. They are asked in order (dnsmasq asks all at once otherwise, and so would leak). `configured`:
 * instead of those of the ports.
 */
export function serversText(configured: readonly string[], ranking: readonly PortFacts[]): string {
  return lines(
    ranking.flatMap((port) => {
      const forwarder = forwarderOf(port, configured);
      return forwarder === undefined ? [] : [`server=${forwarder.address}#${forwarder.port}@lo`];
    }),
  );
}

/**
 * Of a network instance behind a tunnel: names are asked inside it, of the servers that the configuration names, and of
 * nobody where it names none; a port's own servers would see in the clear what apps ask for.
 */
export function tunnelServersText(configured: readonly string[], tunnel: string): string {
  return lines(configured.map((server) => `server=${server}@${tunnel}`));
}

function hostName(name: string): readonly string[] {
  return name === '' ? [] : [name];
}

function lines(text: readonly string[]): string {
  return text.map((line) => `${line}\n`).join('');
}
