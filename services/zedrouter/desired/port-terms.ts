import type { DeviceModel, Port } from '../../../lib/configuration/index.js';
import { formatPrefix, type Prefix } from '../../../lib/netlink/index.js';
import { lastPer, oncePer } from '../../../lib/once/index.js';
import type { PortFacts } from './inputs.js';
import { addressNumber, networkOf } from '../../../lib/ipv4/index.js';
import { isTunnelled, localInstances, portsOf, type LocalInstance, type TunnelledInstance } from './local-instances.js';

/** What the ports with a label have for the network instances that ask for it. */
export interface PortTerms {
  /** The lowest MTU, in bytes, and the label of the port that has it; undefined: none is known. */
  readonly lowestMtu: { readonly bytes: number; readonly port: string } | undefined;
  /** False: every port is for apps only, and none of them leads everywhere. */
  readonly leadEverywhere: boolean;
  /** The subnets of the ports' addresses. */
  readonly networks: readonly Prefix[];
  /** IPv4 addresses of the time servers that the ports' configuration and leases name. */
  readonly ntpServers: readonly string[];
}

/** What the apps of a network instance are told by DHCP, and what its bridge has, as its ports have it. */
export interface AppTerms {
  /** Bytes. */
  readonly mtu: number;
  readonly hasDefaultRoute: boolean;
  /** What they are told to send to the bridge, beside the default route. */
  readonly routes: readonly Prefix[];
  readonly ntpServers: readonly string[];
  /** What is otherwise than configured, in words. */
  readonly notices: readonly string[];
}

const DEFAULT_MTU = 1500;
/**
 * Clients take 312 bytes of options (RFC 2131, section 2), and dnsmasq leaves an option out that does not fit. So much
 * is left beside those that are always there, and the name of an app; what its domain takes goes off that. Routes come
 * first.
 */
const OPTION_BYTES_LEFT = 170;
/** Code and length of an option. */
const OPTION_HEAD_BYTES = 2;
const NTP_SERVER_BYTES = 4;
/** Of a default route in option 121: length, router. */
const DEFAULT_ROUTE_BYTES = 5;

/** Of no port: what a network instance without one has. */
export const noPortTerms: PortTerms = { lowestMtu: undefined, leadEverywhere: true, networks: [], ntpServers: [] };

/** The ports that each label in use stands for, of those that apps may use at all. */
const portsByLabel: (model: DeviceModel) => ReadonlyMap<string, readonly Port[]> = oncePer((model) => {
  const groups = new Map<string, readonly Port[]>();
  for (const instance of localInstances(model)) {
    const { portLabel } = instance;
    if (portLabel === undefined || groups.has(portLabel)) continue;
    groups.set(
      portLabel,
      portsOf(model, instance).filter(({ usage }) => usage === 'management-and-apps' || usage === 'apps-shared'),
    );
  }
  return groups;
});

/** The terms of every local network instance, by its UUID. The same object until those of some port are others. */
export function appTermsOf(model: DeviceModel, facts: ReadonlyMap<string, PortFacts>): ReadonlyMap<string, AppTerms> {
  const byLabel = new Map([...portsByLabel(model)].map(([label, ports]) => [label, portTerms(ports, facts)]));
  return termsMadeLast(model, byLabel, JSON.stringify([...byLabel]));
}

const termsMadeLast = lastPer(
  (model: DeviceModel, byLabel: ReadonlyMap<string, PortTerms>, _key: string): ReadonlyMap<string, AppTerms> =>
    new Map(
      localInstances(model).map((instance) => [
        instance.id,
        appTerms(instance, byLabel.get(instance.portLabel ?? '') ?? noPortTerms),
      ]),
    ),
  { isSame: ([, before], [, now]) => before === now },
);

function portTerms(ports: readonly Port[], factsOf: ReadonlyMap<string, PortFacts>): PortTerms {
  if (ports.length === 0) return noPortTerms;
  const known = ports.flatMap(({ label }) => factsOf.get(label) ?? []);
  const [lowest] = known.filter(({ mtu }) => mtu > 0).sort((a, b) => a.mtu - b.mtu);
  const networks = known.flatMap(({ addresses }) =>
    addresses.flatMap(({ address, prefixLength }) => (prefixLength === 32 ? [] : [networkOf(address, prefixLength)])),
  );
  return {
    lowestMtu: lowest === undefined ? undefined : { bytes: lowest.mtu, port: lowest.label },
    leadEverywhere: ports.some((port) => port.usage !== 'apps-shared' || mayLeadEverywhere(port, factsOf)),
    networks: distinct(networks),
    ntpServers: [
      ...new Set(ports.flatMap(({ label, ntpServers }) => [...ntpServers, ...(factsOf.get(label)?.ntpServers ?? [])])),
    ],
  };
}

/** Of a port that is away it is not known; then only a static address without a gateway says that it does not. */
function mayLeadEverywhere({ label, addressing }: Port, factsOf: ReadonlyMap<string, PortFacts>): boolean {
  const facts = factsOf.get(label);
  if (facts?.link === 'up' && facts.addresses.length > 0) {
    return facts.routes.some(({ destination }) => destination.length === 0);
  }
  return addressing.kind !== 'static' || addressing.gateway !== undefined;
}

/**
 * What a network instance makes of that. MTU: the lowest of its ports where none is configured, and at most that in any
 * case (EVE's rule). No default route: air-gapped, or only ports for apps that lead nowhere else; a static default
 * route forces one. The notices are those of the configuration that does not come about.
 */
export function appTerms(instance: LocalInstance, terms: PortTerms): AppTerms {
  if (isTunnelled(instance)) return tunnelledTerms(instance, terms);
  const { portLabel, network, staticRoutes, propagatesConnectedRoutes } = instance;
  const subnet = { address: network.subnet, length: network.prefixLength };
  const hasDefaultRoute =
    staticRoutes.some(({ destination }) => destination.length === 0) ||
    (portLabel !== undefined && terms.leadEverywhere);
  const wanted = distinct([
    ...staticRoutes.map(({ destination }) => destination).filter(({ length }) => length > 0),
    ...(propagatesConnectedRoutes ? terms.networks : []),
  ]).filter((prefix) => !isWithin(prefix, subnet));
  const domainBytes = network.domainName === '' ? 0 : OPTION_HEAD_BYTES + network.domainName.length;
  const routes = fitting(
    wanted,
    OPTION_BYTES_LEFT - domainBytes - OPTION_HEAD_BYTES - (hasDefaultRoute ? DEFAULT_ROUTE_BYTES : 0),
  );
  const { lowestMtu } = terms;
  const allNtpServers = [...new Set([...network.ntpServers, ...terms.ntpServers])];
  const routesBytes =
    routes.length === 0 ? 0 : bytesOf(routes) + OPTION_HEAD_BYTES + (hasDefaultRoute ? DEFAULT_ROUTE_BYTES : 0);
  const leftBytes = OPTION_BYTES_LEFT - domainBytes - routesBytes - OPTION_HEAD_BYTES;
  const ntpServers = allNtpServers.slice(0, Math.max(0, Math.floor(leftBytes / NTP_SERVER_BYTES)));
  const isLowered = lowestMtu !== undefined && instance.mtu > lowestMtu.bytes;
  return {
    mtu: isLowered || instance.mtu === 0 ? (lowestMtu?.bytes ?? DEFAULT_MTU) : instance.mtu,
    hasDefaultRoute,
    routes,
    ntpServers,
    notices: [
      ...(isLowered
        ? [
            `its MTU of ${instance.mtu} is lowered to ${lowestMtu.bytes}, which is that of port ${lowestMtu.port}: ` +
              'lower networkInstances[].mtu, or raise that of the port',
          ]
        : []),
      ...(routes.length < wanted.length
        ? [`apps are told ${routes.length} of ${wanted.length} routes: more do not fit into DHCP`]
        : []),
      ...(ntpServers.length < allNtpServers.length
        ? [`apps are told ${ntpServers.length} of ${allNtpServers.length} time servers: more do not fit into DHCP`]
        : []),
    ],
  };
}

/** What WireGuard puts around a packet: IPv4, UDP, its own header and the authenticator (whitepaper, 5.4.6). */
const TUNNEL_BYTES = 20 + 8 + 16 + 16;
/** WireGuard fills packets up to a multiple of so many bytes, and wireguard-go, above the usual MTU, beyond it. */
const PADDING_BYTES = 16;
/** Everybody's default (wg-quick(8)): most other ends have it. */
const TUNNEL_MTU = 1420;

/**
 * Behind a tunnel: what its peers have is where everything leads, and a packet has to fit into one of its ports'
 * packets, whichever is in use, so that no move changes what apps have been told.
 */
function tunnelledTerms(instance: TunnelledInstance, { lowestMtu }: PortTerms): AppTerms {
  const { mtu: configured, network, tunnel } = instance;
  const prefixes = tunnel.peers.flatMap(({ allowedPrefixes }) => allowedPrefixes);
  const hasDefaultRoute = prefixes.some(({ length }) => length === 0);
  const subnet = { address: network.subnet, length: network.prefixLength };
  const domainBytes = network.domainName === '' ? 0 : OPTION_HEAD_BYTES + network.domainName.length;
  const wanted = hasDefaultRoute ? [] : distinct(prefixes).filter((prefix) => !isWithin(prefix, subnet));
  const routes = fitting(wanted, OPTION_BYTES_LEFT - domainBytes - OPTION_HEAD_BYTES);
  const most = mostInside(lowestMtu?.bytes ?? DEFAULT_MTU);
  const isLowered = configured > most;
  return {
    mtu: configured === 0 ? Math.min(TUNNEL_MTU, most) : Math.min(configured, most),
    hasDefaultRoute,
    routes,
    ntpServers: network.ntpServers,
    notices: [
      ...(isLowered
        ? [
            `its MTU of ${configured} is lowered to ${most}, which fits into what port ${lowestMtu?.port ?? ''} ` +
              'takes: lower networkInstances[].mtu, or raise that of the port',
          ]
        : []),
      ...(routes.length < wanted.length
        ? [`apps are told ${routes.length} of ${wanted.length} routes: more do not fit into DHCP`]
        : []),
      ...(network.dnsServers.length === 0
        ? [
            'apps can ask for no names beyond the network instance: name servers inside the tunnel in ' +
              'networkInstances[].ip.dns',
          ]
        : []),
    ],
  };
}

/** The largest packet inside a tunnel that fits into one of so many bytes outside. */
function mostInside(bytes: number): number {
  const most = bytes - TUNNEL_BYTES;
  if (most >= TUNNEL_MTU) return Math.max(TUNNEL_MTU, most - PADDING_BYTES);
  return most - (most % PADDING_BYTES);
}

/** The first that fit. */
function fitting(routes: readonly Prefix[], most: number): readonly Prefix[] {
  return routes.filter((_, index) => bytesOf(routes.slice(0, index + 1)) <= most);
}

/** Of routes in option 121 (RFC 3442): length, the bytes of the network that count, router. */
function bytesOf(routes: readonly Prefix[]): number {
  return routes.reduce((sum, { length }) => sum + 5 + Math.ceil(length / 8), 0);
}

function distinct(prefixes: readonly Prefix[]): readonly Prefix[] {
  return [...new Map(prefixes.map((prefix) => [formatPrefix(prefix), prefix])).values()];
}

function isWithin(inner: Prefix, outer: Prefix): boolean {
  if (inner.length < outer.length) return false;
  return addressNumber(networkOf(inner.address, outer.length).address) === addressNumber(outer.address);
}
