import {
  OTHER_ROUTES,
  flowMark,
  portMark,
  rankingMark,
  routeFlowNumber,
  stayingMark,
  TUNNEL_PORT_NUMBER,
  tunnelInnerMark,
  tunnelName,
  tunnelOuterMark,
} from '../../../lib/dataplane-layout/index.js';
import {
  element,
  elementKey,
  routeKey,
  type ElementPart,
  type Route,
  type SetElement,
} from '../../../lib/netlink/index.js';
import { oncePer } from '../../../lib/once/index.js';
import { accessRules } from './access.js';
import type { Dataplane, NameService } from './dataplane.js';
import { forwarderOf, forwarderService } from './forwarders.js';
import type { NumberedPort, DesireInputs } from './inputs.js';
import { isTunnelled, type TunnelledInstance } from './local-instances.js';
import { serversText, tunnelServersText } from './name-service.js';
import { flowNumbers, hasOwnRoutes, ownRoutes, selectedRoutes } from './own-routes.js';
import { outOfServiceBecause, portNetworks } from './overlap.js';
import { placements, placementsUnder, type Placement } from './placement.js';
import { portMapElements } from './port-maps.js';
import { appTermsOf } from './port-terms.js';
import { portRoutes } from './routes.js';
import { desiredRules } from './rules.js';
import type { ElementSets } from './sets.js';
import { desiredSysctls } from './sysctls.js';
import { tunnelRoutes } from './tunnels.js';

/** A placed network instance with the ports that it follows. */
interface RankedInstance {
  readonly placement: Placement;
  /** The ranking, the port in use first. */
  readonly ranking: readonly NumberedPort[];
  readonly permitted: readonly NumberedPort[];
  /** When a port that a grant alone permits is to be left, by logical label. */
  readonly grantedUntilMs: ReadonlyMap<string, number>;
  /** The ranking that the flows of a port which was left follow: that port first, then as the others. */
  readonly drains: readonly { readonly ranking: readonly NumberedPort[]; readonly endsAtBoottimeMs: number }[];
  /** Its static routes with flows of their own, by the number of those. */
  readonly routes: readonly RankedRoute[];
}

/** A static route, with the ports whose flows stay there. */
interface RankedRoute {
  readonly flows: number;
  /**
   * The port in use, and those that it has left; Infinity: as long as it is in use. That one, too, so that neither when
   * the route leaves it nor when it comes back there is a moment in which a packet might go the other way.
   */
  readonly stays: readonly { readonly port: NumberedPort; readonly endsAtBoottimeMs: number }[];
}

/**
 * The kernel ends a drain by itself where nobody else does: later than we would, for what we end first loses no packet.
 */
export const DRAIN_GRACE_MS = 2_000;

/** What the kernel is to hold, given all that is known. Pure; the same inputs give the same value. */
export function desire(inputs: DesireInputs): Dataplane {
  const { model, ids, nameServiceDirectory } = inputs;
  const { all, bridges, subnetRoutes } = placementsUnder(
    placements(model, ids, nameServiceDirectory),
    appTermsOf(model, inputs.ports),
  );
  const ports = numberedPorts(inputs);
  const networks = portNetworks([...ports.values()].map(({ facts }) => facts));
  const ranked = all.map((placement) =>
    outOfServiceBecause(placement.instance, networks) === undefined
      ? rankedInstance(inputs, placement, ports)
      : outOfService(placement),
  );
  const outOfServiceBridges = new Set(
    ranked.flatMap(({ placement: { bridge } }) => (bridge.address === undefined ? [bridge.name] : [])),
  );
  return {
    sysctls: desiredSysctls(
      [...ports.values()].map(({ facts }) => facts),
      new Set(
        ranked.flatMap(({ placement: { instance }, permitted }) =>
          isTunnelled(instance) ? [] : permitted.map(({ facts }) => facts.interfaceName),
        ),
      ),
      bridges.keys(),
      tunnelsUp(inputs, ranked),
    ),
    // The same object until something changes: it need not be compared.
    bridges:
      outOfServiceBridges.size === 0
        ? bridges
        : new Map(ranked.map(({ placement: { bridge } }) => [bridge.name, bridge])),
    routes: new Map([
      ...portRoutes([...ports.values()]).map((route) => [routeKey(route), route] as const),
      ...[...subnetRoutes].filter(([, { dev = '' }]) => !outOfServiceBridges.has(dev)),
      ...ranked.flatMap(({ placement }) =>
        routesOf(placement, inputs).map((route) => [routeKey(route), route] as const),
      ),
    ]),
    rules: desiredRules(
      ranked.map(({ placement, ranking, drains }) => ({
        placement,
        ranking: numbersOf(ranking),
        drains: drains.map((drain) => numbersOf(drain.ranking)),
      })),
      [...ports.values()],
      new Set(ranked.flatMap(({ routes }) => routes.flatMap((route) => route.stays.map(({ port }) => port.number)))),
    ),
    rulesetInForce: true,
    accessObjects: accessRules(model, ids).objects,
    elements: desiredElements(inputs, ranked, ports),
    // Those that others ask come first: they are started before anybody is told to ask them.
    nameServices: new Map([...forwarders(ranked, nameServiceDirectory), ...nameServices(ranked)]),
  };
}

/** In the table of its own. */
function routesOf(placement: Placement, inputs: DesireInputs): readonly Route[] {
  const { instance, number, bridge } = placement;
  if (bridge.address === undefined) return [];
  if (isTunnelled(instance)) {
    return tunnelRoutes(instance.tunnel, number, inputs.tunnelsUp?.has(tunnelName(number)) === true);
  }
  return hasOwnRoutes(instance) ? ownRoutes(placement, inputs) : [];
}

function tunnelsUp({ tunnelsUp: up }: DesireInputs, ranked: readonly RankedInstance[]): readonly string[] {
  if (up === undefined) return [];
  return ranked.flatMap(({ placement: { instance, number } }) => {
    const name = tunnelName(number);
    return isTunnelled(instance) && up.has(name) ? [name] : [];
  });
}

function numbersOf(ranking: readonly NumberedPort[]): readonly number[] {
  return ranking.map(({ number }) => number);
}

function numberedPorts(inputs: DesireInputs): ReadonlyMap<string, NumberedPort> {
  const ports = new Map<string, NumberedPort>();
  for (const { label } of inputs.model.ports) {
    const number = inputs.ids.ports.get(label);
    const facts = inputs.ports.get(label);
    if (number !== undefined && facts !== undefined) ports.set(label, { number, facts });
  }
  return ports;
}

function rankedInstance(
  { model, ids, selections, drains }: DesireInputs,
  placement: Placement,
  ports: ReadonlyMap<string, NumberedPort>,
): RankedInstance {
  const known = (labels: readonly string[]) =>
    labels.flatMap((label) => {
      const port = ports.get(label);
      return port === undefined ? [] : [port];
    });
  const { id } = placement.instance;
  const selection = selections.get(id);
  const ranking = known(selection?.armed ?? []);
  const routes = selectedRoutes(placement.instance);
  // A static default route may keep the default route off ports that other routes lead by.
  const all = [selection, ...routes.map((route) => selections.get(route.id))].filter((each) => each !== undefined);
  return {
    placement,
    ranking,
    drains: [...(drains.get(id) ?? [])].flatMap(([label, { endsAtBoottimeMs }]) => {
      const port = ports.get(label);
      if (port === undefined) return [];
      return [{ ranking: [port, ...ranking.filter((other) => other !== port)], endsAtBoottimeMs }];
    }),
    routes: routes.flatMap((route) => {
      const flows = flowNumbers(model, ids).get(route.id);
      if (flows === undefined) return [];
      const inUse = selections.get(route.id)?.armed[0];
      // What a route has by a router of its own would stay on the way to another one.
      const stayInUse =
        inUse === undefined || route.via.kind === 'gateway' ? [] : [[inUse, { endsAtBoottimeMs: Infinity }] as const];
      const stays = [...(drains.get(route.id) ?? []), ...stayInUse].flatMap(([label, drain]) => {
        const port = ports.get(label);
        return port === undefined ? [] : [{ port, ...drain }];
      });
      return [{ flows, stays }];
    }),
    permitted: known([...new Set(all.flatMap(({ permitted }) => permitted))]),
    grantedUntilMs: new Map(all.flatMap(({ grantedUntilMs }) => [...grantedUntilMs])),
  };
}

/**
 * A network instance whose subnet overlaps a port's network: its bridge stays, for its apps are attached to it, and has
 * no address; nothing leads to or from it.
 */
function outOfService(placement: Placement): RankedInstance {
  return {
    ...{ placement: withoutAddress(placement), ranking: [], permitted: [], grantedUntilMs: new Map() },
    ...{ drains: [], routes: [] },
  };
}

const withoutAddress = oncePer((placement: Placement): Placement => ({
  ...placement,
  bridge: { ...placement.bridge, address: undefined },
}));

function desiredElements(
  inputs: DesireInputs,
  ranked: readonly RankedInstance[],
  ports: ReadonlyMap<string, NumberedPort>,
): ElementSets {
  const made = {
    ni_bridges: new ElementMap(),
    ni_arrived: new ElementMap(),
    ni_sent: new ElementMap(),
    within_ni: new ElementMap(),
    ni_ranking: new ElementMap(),
    ni_zone: new ElementMap(),
    ni_drain: new ElementMap(),
    permitted: new ElementMap(),
    flow_mark: new ElementMap(),
    route_mark: new ElementMap(),
    port_map_open: new ElementMap(),
    tunnel_ranking: new ElementMap(),
    tunnel_permitted: new ElementMap(),
    tunnel_source: new ElementMap(),
    tunnel_routed: new ElementMap(),
    ...portElements(ranked, ports),
  };
  for (const { placement, ranking, permitted, grantedUntilMs, drains, routes } of ranked) {
    const { instance, number, bridge } = placement;
    const endOf = (port: NumberedPort): number | undefined => grantedUntilMs.get(port.facts.label);
    const { name } = bridge;
    made.ni_bridges.put([name]);
    made.ni_arrived.put([name]);
    made.ni_sent.put([name]);
    made.within_ni.put([name, name]);
    made.ni_zone.put([name], [inputs.generations.get(instance.id) ?? 1]);
    if (isTunnelled(instance)) {
      made.ni_ranking.put([name], [tunnelInnerMark(number)]);
      putTunnel(made, instance, { placement, ranking, permitted, grantedUntilMs });
      continue;
    }
    made.ni_ranking.put([name], [rankingMark(numbersOf(ranking))]);
    for (const port of permitted) {
      const pair = [name, port.facts.interfaceName];
      made.permitted.put(pair, [], endOf(port));
      made.flow_mark.put(pair, [flowMark(port.number, number)]);
      if (!hasOwnRoutes(instance)) continue;
      for (const own of [...routes.map(({ flows }) => flows), routeFlowNumber(number, OTHER_ROUTES)]) {
        made.route_mark.put([own, port.facts.interfaceName], [flowMark(port.number, own)]);
      }
    }
    for (const { flows, stays } of routes) {
      for (const { port, endsAtBoottimeMs } of stays) {
        const endMs = Math.min(endsAtBoottimeMs + DRAIN_GRACE_MS, endOf(port) ?? Infinity);
        const end = endMs === Infinity ? undefined : endMs;
        made.ni_drain.put([flowMark(port.number, flows)], [stayingMark(port.number)], end);
      }
    }
    for (const drain of drains) {
      const [left] = drain.ranking;
      if (left === undefined) continue;
      const endMs = Math.min(drain.endsAtBoottimeMs + DRAIN_GRACE_MS, endOf(left) ?? Infinity);
      made.ni_drain.put([flowMark(left.number, number)], [rankingMark(numbersOf(drain.ranking))], endMs);
    }
    const inUse = ranking[0];
    if (inUse !== undefined) made.port_map_open.put([flowMark(inUse.number, number)], [], endOf(inUse));
  }
  const { model, ids } = inputs;
  return { ...made, ...portMapElements(model, ids), ...accessRules(model, ids).elements };
}

/**
 * The tunnel is its apps' only way out, as a port would be. What it sends outside follows the ranking by one element of
 * its own.
 */
function putTunnel(
  made: Readonly<
    Record<
      | 'uplinks'
      | 'permitted'
      | 'flow_mark'
      | 'port_path'
      | 'tunnel_ranking'
      | 'tunnel_permitted'
      | 'tunnel_source'
      | 'tunnel_routed',
      ElementMap
    >
  >,
  { tunnel }: TunnelledInstance,
  {
    placement: { number, bridge },
    ranking,
    permitted,
    grantedUntilMs,
  }: Pick<RankedInstance, 'placement' | 'ranking' | 'permitted' | 'grantedUntilMs'>,
): void {
  const [name, outer] = [tunnelName(number), tunnelOuterMark(number)];
  const pair = [bridge.name, name];
  made.uplinks.put([name]);
  made.permitted.put(pair);
  made.flow_mark.put(pair, [flowMark(TUNNEL_PORT_NUMBER, number)]);
  made.port_path.put([portMark(TUNNEL_PORT_NUMBER), name]);
  made.tunnel_ranking.put([outer], [rankingMark(numbersOf(ranking))]);
  for (const { facts } of permitted) {
    made.tunnel_permitted.put([outer, facts.interfaceName], [], grantedUntilMs.get(facts.label));
  }
  const [source] = tunnel.addresses;
  if (tunnel.isRouted) made.tunnel_routed.put(pair);
  else if (source !== undefined) made.tunnel_source.put(pair, [source]);
}

function portElements(ranked: readonly RankedInstance[], ports: ReadonlyMap<string, NumberedPort>) {
  const inUse = new Set(ranked.flatMap(({ ranking }) => ranking.slice(0, 1).map((port) => port.number)));
  const uplinks = new ElementMap();
  const port_mark = new ElementMap();
  const port_path = new ElementMap();
  const port_address = new ElementMap();
  const port_up = new ElementMap();
  // Two uplinks may hand out the same address: it then means the one in use.
  const byUse = [...ports.values()].sort((a, b) => Number(inUse.has(b.number)) - Number(inUse.has(a.number)));
  for (const { number, facts } of byUse) {
    const mark = portMark(number);
    uplinks.put([facts.interfaceName]);
    port_mark.put([facts.interfaceName], [mark]);
    port_path.put([mark, facts.interfaceName]);
    port_up.put([facts.interfaceName]);
    for (const { address } of facts.addresses) {
      if (!port_address.has(elementKey([address]))) port_address.put([address], [mark]);
    }
  }
  const counted = { port_up, port_down: port_up, tcp_open: port_up, tcp_up: port_up, tcp_down: port_up };
  return { uplinks, port_mark, port_path, port_address, ...counted };
}

/** Elements of one set, by their keys. */
class ElementMap extends Map<string, SetElement> {
  put(key: readonly ElementPart[], value: readonly ElementPart[] = [], endsAtBoottimeMs?: number): void {
    this.set(elementKey(key), element(key, value, endsAtBoottimeMs));
  }
}

/** What asks several name servers at once, for each port that a network instance may come to use. */
function forwarders(ranked: readonly RankedInstance[], directory: string): ReadonlyMap<string, NameService> {
  const made = new Map<string, NameService>();
  // Most have no servers of their own, and so the same forwarders.
  const known = new Set<string>();
  for (const { placement, ranking, permitted } of ranked) {
    // What is asked inside a tunnel is not asked over a port.
    if (isTunnelled(placement.instance)) continue;
    const configured = placement.instance.network.dnsServers;
    const list = configured.join();
    for (const { number, facts } of [...ranking, ...permitted]) {
      const key = `${list}/${number}`;
      if (known.has(key)) continue;
      known.add(key);
      const forwarder = forwarderOf(configured, facts);
      if (forwarder !== undefined) made.set(forwarder.name, forwarderService(forwarder, directory));
    }
  }
  return made;
}

function nameServices(ranked: readonly RankedInstance[]): ReadonlyMap<string, NameService> {
  // The same for all that follow the same ranking and have no servers of their own.
  const made = new Map<string, string>();
  return new Map(
    ranked.flatMap(({ placement: { instance, number, bridge, nameService }, ranking }) => {
      if (bridge.address === undefined) return [];
      const configured = instance.network.dnsServers;
      if (isTunnelled(instance)) {
        return [[bridge.name, { ...nameService, servers: tunnelServersText(configured, tunnelName(number)) }] as const];
      }
      const key = `${configured.join()}/${ranking.map(({ number }) => number).join()}`;
      const facts = ranking.map((port) => port.facts);
      const servers = made.get(key) ?? serversText(configured, facts);
      made.set(key, servers);
      return [[bridge.name, { ...nameService, servers }] as const];
    }),
  );
}
