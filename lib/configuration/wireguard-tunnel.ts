import { posix } from 'node:path';

import type { NetworkInstanceConfig } from '../../gen/config/netinst.js';
import type { WireGuardPeer as PeerConfig } from '../../gen/config/uplink.js';
import { durationMs } from './durations.js';
import { ipv4Network, ipv4Number } from '../ipv4/index.js';
import type { NetworkInstance, WireGuardPeer, WireGuardTunnel } from './model.js';
import { parseTarget } from './probe-target.js';
import type { Problems } from './problems.js';
import { isDefaultDestination } from './static-routes.js';

/** Keeps the way back through every usual NAT open (wg(8), persistent-keepalive). */
const DEFAULT_KEEPALIVE_SECONDS = 25;
/** Sixteen bits (wg(8)). */
const MOST_KEEPALIVE_SECONDS = 65_535;
const KEY_BYTES = 32;
const MOST_ADDRESSES = 8;
const MOST_PEERS = 32;
const MOST_PREFIXES = 64;
const LONGEST_PATH = 1_024;

/** The tunnel of a cloud network instance; undefined where it has none, or where something is wrong with it. */
export function interpretTunnel(
  config: NetworkInstanceConfig,
  kind: NetworkInstance['kind'],
  field: string,
  problems: Problems,
): WireGuardTunnel | undefined {
  const { wireguard } = config;
  if (wireguard === undefined) return undefined;
  const at = `${field}.wireguard`;
  if (kind !== 'cloud') {
    problems.add(at, 'a tunnel needs a network instance of type ZnetInstCloud');
    return undefined;
  }
  if ((config.port?.name ?? '') === '') problems.add(`${field}.port.name`, 'a tunnel needs ports to leave by');
  if (config.propagateConnectedRoutes) {
    problems.add(`${field}.propagateConnectedRoutes`, "apps behind a tunnel reach no network of its ports' own");
  }
  config.staticRoutes.forEach(({ destinationNetwork, gateway, port }, index) => {
    // One of EVE's that only says how the default route is probed asks for no route.
    if (isDefaultDestination(destinationNetwork) && gateway === '' && port === '') return;
    problems.add(`${field}.staticRoutes[${index}]`, "the routes of a tunnel are its peers' allowedPrefixes");
  });
  refuseInsideTargets(config, field, problems);
  checkKeyFile(wireguard.privateKeyFile, `${at}.privateKeyFile`, problems);
  checkCount(wireguard.addresses, MOST_ADDRESSES, `${at}.addresses`, problems);
  wireguard.addresses.forEach((address, index) => {
    if (!isHostAddress(address)) {
      problems.add(`${at}.addresses[${index}]`, 'must be the IPv4 address of a host, without a length');
    }
  });
  unique(wireguard.addresses, (index) => `${at}.addresses[${index}]`, 'the address', problems);
  checkCount(wireguard.peers, MOST_PEERS, `${at}.peers`, problems);
  const peers = wireguard.peers.map((peer, index) => interpretPeer(peer, `${at}.peers[${index}]`, problems));
  problems.unique(
    wireguard.peers,
    ({ publicKey }) => publicKey,
    (index) => `${at}.peers[${index}].publicKey`,
    'the public key',
  );
  const prefixes = wireguard.peers.flatMap(({ allowedPrefixes }, peer) =>
    allowedPrefixes.map((text, index) => ({ text, field: `${at}.peers[${peer}].allowedPrefixes[${index}]` })),
  );
  problems.unique(
    prefixes,
    ({ text }) => text,
    (index) => prefixes[index]?.field ?? '',
    'the prefix',
  );
  return {
    privateKeyFile: wireguard.privateKeyFile,
    addresses: wireguard.addresses,
    peers,
    isRouted: wireguard.routed,
  };
}

/**
 * A port is tested outside of the tunnel, where what lies inside is not reached: every port would fail. Of a tunnel
 * that leads everywhere nobody can say which addresses are inside.
 */
function refuseInsideTargets({ test, wireguard }: NetworkInstanceConfig, field: string, problems: Problems): void {
  const inside = (wireguard?.peers ?? [])
    .flatMap(({ allowedPrefixes }) => allowedPrefixes.map(ipv4Network))
    .filter((network) => network !== undefined && network.prefixLength > 0);
  const targets = [
    { text: test?.target ?? '', at: `${field}.test.target` },
    ...(test?.furtherTargets ?? []).map((text, index) => ({ text, at: `${field}.test.furtherTargets[${index}]` })),
  ];
  for (const { text, at } of targets) {
    const parsed = parseTarget(text);
    const host = parsed.kind === 'valid' ? parsed.target.host : undefined;
    const address = host?.kind === 'address' ? ipv4Number(host.address) : undefined;
    if (address === undefined) continue;
    if (inside.some((network) => network !== undefined && address >= network.first && address <= network.last)) {
      problems.add(at, 'lies inside the tunnel: ports are tested outside of it, and a test inside is not built');
    }
  }
}

/**
 * An address of a tunnel is the device's own: it lies in no subnet of a network instance, and is of one tunnel only.
 * `at`: where a network instance stands, by its index.
 */
export function refuseTunnelOverlaps(
  instances: readonly NetworkInstance[],
  at: (index: number) => string,
  problems: Problems,
): void {
  const subnets = instances.flatMap(({ network }, index) => {
    const subnet = network === undefined ? undefined : ipv4Network(`${network.subnet}/${network.prefixLength}`);
    return subnet === undefined ? [] : [{ subnet, index }];
  });
  const ends = instances.flatMap(({ tunnel }, index) =>
    (tunnel?.addresses ?? []).map((address, place) => ({
      ...{ address, instance: index, field: `${at(index)}.wireguard.addresses[${place}]` },
    })),
  );
  const first = new Map<string, number>();
  for (const { address, instance, field } of ends) {
    const number = ipv4Number(address);
    if (number === undefined) continue;
    const within = subnets.find(({ subnet }) => number >= subnet.first && number <= subnet.last);
    if (within !== undefined) problems.add(field, `lies in the subnet of ${at(within.index)}`);
    const other = first.get(address) ?? instance;
    first.set(address, other);
    if (other !== instance) problems.add(field, `is the address of the tunnel of ${at(other)} already`);
  }
}

function interpretPeer(config: PeerConfig, at: string, problems: Problems): WireGuardPeer {
  if (!isKey(config.publicKey)) problems.add(`${at}.publicKey`, 'must be 32 bytes in base64, as wg pubkey prints them');
  const keepaliveMs =
    durationMs(config.keepalive, { leastMs: 0, mostMs: MOST_KEEPALIVE_SECONDS * 1_000 }, `${at}.keepalive`, problems) ??
    DEFAULT_KEEPALIVE_SECONDS * 1_000;
  if (keepaliveMs % 1_000 !== 0) problems.add(`${at}.keepalive`, 'must be whole seconds');
  checkCount(config.allowedPrefixes, MOST_PREFIXES, `${at}.allowedPrefixes`, problems);
  const allowedPrefixes = config.allowedPrefixes.flatMap((text, index) => {
    const network = ipv4Network(text);
    if (network === undefined) {
      problems.add(
        `${at}.allowedPrefixes[${index}]`,
        'must be an IPv4 network such as 198.51.100.0/24, host bits zero',
      );
      return [];
    }
    return [{ address: network.text, length: network.prefixLength }];
  });
  return {
    publicKey: config.publicKey,
    endpoint: interpretEndpoint(config.endpoint, `${at}.endpoint`, problems),
    keepaliveSeconds: Math.floor(keepaliveMs / 1_000),
    allowedPrefixes,
  };
}

/** By the rules of a target that is tested over a port: it is reached in the same way. */
function interpretEndpoint(text: string, field: string, problems: Problems): WireGuardPeer['endpoint'] {
  const nowhere = { host: { kind: 'name', name: '' }, port: 0 } as const;
  const parsed = parseTarget(`tcp://${text}`);
  if (!/^[^/]*:\d{1,5}$/.test(text)) {
    problems.add(field, 'must be host:port, as in vpn.example.com:51820');
  } else if (parsed.kind === 'invalid') {
    problems.add(field, parsed.problem);
  } else if (parsed.target.kind === 'tcp') {
    const { host, port } = parsed.target;
    if (host.kind === 'name' || host.family === 4) return { host, port };
    problems.add(field, 'network instances leave by IPv4 only: name an IPv4 address, or a host name');
  }
  return nowhere;
}

function checkKeyFile(path: string, field: string, problems: Problems): void {
  const isSound =
    path.startsWith('/') && path.length <= LONGEST_PATH && posix.normalize(path) === path && !path.endsWith('/');
  if (!isSound || /\p{C}/u.test(path)) {
    problems.add(field, 'must be the absolute path of a file on the device, without . and ..');
  }
}

function checkCount(list: readonly unknown[], most: number, field: string, problems: Problems): void {
  if (list.length === 0) problems.add(field, 'must have at least one');
  if (list.length > most) problems.add(field, `must be ${most} at most`);
}

function unique(texts: readonly string[], fieldOf: (index: number) => string, what: string, problems: Problems): void {
  problems.unique(texts, (text) => text, fieldOf, what);
}

/** The one way to write 32 bytes in base64, and not the key that is no key: all zeros. */
function isKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === KEY_BYTES && bytes.toString('base64') === text && bytes.some((byte) => byte !== 0);
}

function isHostAddress(text: string): boolean {
  const number = ipv4Number(text);
  if (number === undefined) return false;
  const isLoopback = number >= 0x7f000000 && number <= 0x7fffffff;
  return number >= 0x01000000 && number < 0xe0000000 && !isLoopback;
}
