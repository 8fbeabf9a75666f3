import type { IPRoute } from '../../gen/config/netinst.js';
import { customTarget, gatewayPingOf } from './custom-probe.js';
import { ipv4Network, ipv4Number, overlap, type Ipv4Network } from '../ipv4/index.js';
import type { LocalNetwork, NetworkInstance, RouteVia, StaticRoute } from './model.js';
import type { Problems } from './problems.js';
import { isLabel } from './syntax.js';

/** Whether a destination, as it is written, is that of the default route. */
export function isDefaultDestination(destination: unknown): boolean {
  return destination === '' || destination === '0.0.0.0/0' || destination === '::/0';
}

/** So many routes of one network instance; each that leads by ports is a selection of its own. */
export const MOST_STATIC_ROUTES = 32;

/**
 * The static routes of a local network instance, each destination once, in the order of the configuration. Left out are
 * IPv6, for network instances leave by IPv4 only, and routes that name no way of their own, such as a default route
 * that only says how it is probed; the field reference tells of both.
 */
export function interpretStaticRoutes(
  configured: readonly IPRoute[],
  network: LocalNetwork,
  field: string,
  problems: Problems,
): readonly StaticRoute[] {
  const routes = new Map<string, StaticRoute>();
  if (configured.length > MOST_STATIC_ROUTES) {
    problems.add(`${field}.staticRoutes`, `there are more than ${MOST_STATIC_ROUTES} routes`);
    return [];
  }
  configured.forEach((route, index) => {
    const at = `${field}.staticRoutes[${index}]`;
    const read = interpretRoute(route, network, at, problems);
    if (read === undefined) return;
    const key = `${read.destination.address}/${read.destination.length}`;
    if (routes.has(key)) problems.add(`${at}.destinationNetwork`, `${key} has a route already`);
    else routes.set(key, read);
  });
  return [...routes.values()];
}

function interpretRoute(
  { destinationNetwork, gateway, port, probe, preferLowerCost }: IPRoute,
  network: LocalNetwork,
  at: string,
  problems: Problems,
): StaticRoute | undefined {
  const isDefault = isDefaultDestination(destinationNetwork);
  if (!isDefault && destinationNetwork.includes(':')) return undefined;
  const destination = isDefault ? EVERYWHERE : ipv4Network(destinationNetwork);
  if (destination === undefined) {
    problems.add(`${at}.destinationNetwork`, 'must be an IPv4 network such as 198.51.100.0/24, host bits zero');
    return undefined;
  }
  const subnet = ipv4Network(`${network.subnet}/${network.prefixLength}`);
  if (subnet !== undefined && overlap(subnet, destination) && destination.prefixLength >= subnet.prefixLength) {
    problems.add(`${at}.destinationNetwork`, "lies in the network instance's own subnet, which is on its bridge");
    return undefined;
  }
  const via = interpretWay(gateway, port, network, at, problems);
  // The probe of the default route is that of the network instance.
  const target =
    isDefault || probe?.customProbe === undefined
      ? undefined
      : customTarget(probe.customProbe, `${at}.probe.customProbe`, problems);
  const gatewayPing = isDefault ? undefined : gatewayPingOf(probe);
  if (via === undefined) return undefined;
  return {
    destination: { address: destination.text, length: destination.prefixLength },
    via:
      via.kind === 'gateway'
        ? { ...via, gatewayPing }
        : { ...via, target, gatewayPing, prefersLowerCost: preferLowerCost ? true : undefined },
  };
}

/** What a static default route makes of the selection of its network instance: that is its default route. */
export function defaultRouteWishes(
  routes: readonly StaticRoute[],
  network: LocalNetwork,
): Pick<NetworkInstance, 'viaLabel' | 'viaGateway' | 'ignoresPriority'> {
  const via = routes.find(({ destination }) => destination.length === 0)?.via;
  if (via === undefined) return {};
  if (via.kind === 'gateway') return isInSubnet(via.address, network) ? {} : { viaGateway: via.address };
  return { viaLabel: via.label, ignoresPriority: via.prefersLowerCost !== true };
}

/** Whether an address is in the network instance itself: an app's, and no router's in the network of a port. */
export function isInSubnet(address: string, { subnet, prefixLength }: LocalNetwork): boolean {
  const [inner, outer] = [ipv4Network(`${address}/32`), ipv4Network(`${subnet}/${prefixLength}`)];
  return inner !== undefined && outer !== undefined && overlap(inner, outer);
}

const EVERYWHERE: Ipv4Network = { text: '0.0.0.0', prefixLength: 0, first: 0, last: 0xffffffff };

/** Undefined: it names none, or one that is wrong. */
function interpretWay(
  gateway: string,
  label: string,
  network: LocalNetwork,
  at: string,
  problems: Problems,
): RouteVia | undefined {
  if (gateway !== '' && label !== '') {
    problems.add(`${at}.gateway`, 'names a gateway beside a port: a route leads by the one or the other');
    return undefined;
  }
  if (gateway !== '') {
    if (ipv4Number(gateway) === undefined) {
      problems.add(`${at}.gateway`, 'must be an IPv4 address');
      return undefined;
    }
    if (gateway === network.gateway) {
      problems.add(`${at}.gateway`, "is the network instance's own gateway");
      return undefined;
    }
    return { kind: 'gateway', address: gateway };
  }
  if (label !== '') {
    if (isLabel(label)) return { kind: 'ports', label, target: undefined };
    problems.add(`${at}.port`, 'must be printable characters without quotes');
    return undefined;
  }
  return undefined;
}
