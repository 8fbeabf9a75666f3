import {
  flowMark,
  portMark,
  rankingMark,
  TUNNEL_PORT_NUMBER,
  tunnelInnerMark,
  tunnelName,
  tunnelOuterMark,
} from '../../../lib/dataplane-layout/index.js';
import { element, elementKey, type ElementPart, type SetElement } from '../../../lib/netlink/index.js';
import { oncePer, oncePerKey } from '../../../lib/once/index.js';
import { accessRules } from './access.js';
import type { DesireInputs, NumberedPort } from './inputs.js';
import { isTunnelled, type TunnelledInstance } from './local-instances.js';
import type { Placement } from './placement.js';
import { portMapElements } from './port-maps.js';
import { numbersOf, type RankedInstance } from './ranked.js';
import type { ElementSets } from './sets.js';

/**
 * The kernel ends a drain by itself where nobody else does: later than we would, for what we end first loses no packet.
 */
export const DRAIN_GRACE_MS = 2_000;

/** The elements of every set, given what each placed network instance follows. `all`: their placements. */
export function desiredElements(
  inputs: DesireInputs,
  all: readonly Placement[],
  ranked: readonly RankedInstance[],
  ports: ReadonlyMap<string, NumberedPort>,
): ElementSets {
  const made = {
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
    made.ni_zone.put([name], [inputs.generations.get(instance.id) ?? 1]);
    if (isTunnelled(instance)) {
      made.ni_ranking.put([name], [tunnelInnerMark(number)]);
      putTunnel(made, instance, { placement, ranking, permitted, grantedUntilMs });
      continue;
    }
    made.ni_ranking.put([name], [rankingMark(numbersOf(ranking))]);
    for (const port of permitted) {
      const { key, pair, permits, flow } = pairElements(placement, port);
      const endMs = endOf(port);
      made.permitted.set(key, endMs === undefined ? permits : element(pair, [], endMs));
      made.flow_mark.set(key, flow);
      for (const { flows } of routes) {
        if (flows !== number) made.route_mark.put([flows, port.facts.interfaceName], [flowMark(port.number, flows)]);
      }
    }
    for (const { flows, stays } of routes) {
      for (const { port, staying, endsAtBoottimeMs } of stays) {
        const endMs = Math.min(endsAtBoottimeMs + DRAIN_GRACE_MS, endOf(port) ?? Infinity);
        const end = endMs === Infinity ? undefined : endMs;
        made.ni_drain.put([flowMark(port.number, flows)], [staying.mark], end);
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
  return { ...made, ...bridgeElements(all), ...portMapElements(model, ids), ...accessRules(model, ids).elements };
}

/** What follows from the placements alone: the same objects as long as those are, which need not be compared. */
const bridgeElements = oncePer((all: readonly Placement[]) => {
  const names = new ElementMap();
  const within_ni = new ElementMap();
  for (const { bridge } of all) {
    names.put([bridge.name]);
    within_ni.put([bridge.name, bridge.name]);
  }
  return { ni_bridges: names, ni_arrived: names, ni_sent: names, within_ni };
});

/** What says that a network instance may use a port, and how its flows there are marked. */
interface PairElements {
  readonly key: string;
  readonly pair: readonly ElementPart[];
  readonly permits: SetElement;
  readonly flow: SetElement;
}

/** Made once: there are hundreds of them, and no switch changes any. */
const pairElements = oncePerKey(
  ({ number, facts: { interfaceName } }: NumberedPort) => `${number} ${interfaceName}`,
  (placement: Placement, { number, facts: { interfaceName } }): PairElements => {
    const pair = [placement.bridge.name, interfaceName];
    const flow = element(pair, [flowMark(number, placement.number)]);
    return { key: elementKey(pair), pair, permits: element(pair), flow };
  },
);

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
  const within_port = new ElementMap();
  const port_link = new ElementMap();
  const port_mark = new ElementMap();
  const port_path = new ElementMap();
  const port_address = new ElementMap();
  const port_up = new ElementMap();
  // Two uplinks may hand out the same address: it then means the one in use.
  const byUse = [...ports.values()].sort((a, b) => Number(inUse.has(b.number)) - Number(inUse.has(a.number)));
  for (const { number, facts } of byUse) {
    const mark = portMark(number);
    uplinks.put([facts.interfaceName]);
    if (facts.macAddress !== undefined) {
      within_port.put([facts.interfaceName, facts.interfaceName]);
      port_link.put([facts.interfaceName, facts.macAddress]);
    }
    port_mark.put([facts.interfaceName], [mark]);
    port_path.put([mark, facts.interfaceName]);
    port_up.put([facts.interfaceName]);
    for (const { address } of facts.addresses) {
      if (!port_address.has(elementKey([address]))) port_address.put([address], [mark]);
    }
  }
  const counted = { port_up, port_down: port_up, tcp_open: port_up, tcp_up: port_up, tcp_down: port_up };
  return { uplinks, within_port, port_link, port_mark, port_path, port_address, ...counted };
}

/** Elements of one set, by their keys. */
class ElementMap extends Map<string, SetElement> {
  put(key: readonly ElementPart[], value: readonly ElementPart[] = [], endsAtBoottimeMs?: number): void {
    this.set(elementKey(key), element(key, value, endsAtBoottimeMs));
  }
}
