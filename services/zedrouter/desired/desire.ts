import { flowMark, markText, portMark, rankingMark } from '../../../lib/dataplane-layout/index.js';
import type { Dataplane, NameService } from './dataplane.js';
import type { NumberedPort, RouterInputs } from './inputs.js';
import { serversText } from './name-service.js';
import { placements, type Placement } from './placement.js';
import { portMapElements } from './port-maps.js';
import { portRoutes } from './routes.js';
import { desiredRules } from './rules.js';
import { quoted, tuple, untilText, type ElementSets } from './sets.js';
import { desiredSysctls } from './sysctls.js';

/** A placed network instance with the ports that it follows. */
interface RankedInstance {
  readonly placement: Placement;
  /** The ranking, the port in use first. */
  readonly ranking: readonly NumberedPort[];
  readonly permitted: readonly NumberedPort[];
  /** When a port that a grant alone permits is to be left, by logical label. */
  readonly grantedUntilMs: ReadonlyMap<string, number>;
}

/** What the kernel is to hold, given all that is known. Pure; the same inputs give the same value. */
export function desire(inputs: RouterInputs): Dataplane {
  const { model, numbers, nameServiceDirectory } = inputs;
  const { all, bridges, subnetRoutes } = placements(model, numbers, nameServiceDirectory);
  const ports = numberedPorts(inputs);
  const ranked = all.map((placement) => rankedInstance(inputs, placement, ports));
  return {
    sysctls: desiredSysctls([...ports.values()].map(({ facts }) => facts)),
    bridges,
    routes: new Map([...portRoutes([...ports.values()]), ...subnetRoutes]),
    rules: desiredRules(
      ranked.map(({ placement, ranking }) => ({ placement, ranking: ranking.map((port) => port.number) })),
      [...ports.values()],
    ),
    rulesetInForce: true,
    elements: desiredElements(inputs, ranked, ports),
    nameServices: nameServices(ranked),
  };
}

function numberedPorts(inputs: RouterInputs): ReadonlyMap<string, NumberedPort> {
  const ports = new Map<string, NumberedPort>();
  for (const { label } of inputs.model.ports) {
    const number = inputs.numbers.ports.get(label);
    const facts = inputs.ports.get(label);
    if (number !== undefined && facts !== undefined) ports.set(label, { number, facts });
  }
  return ports;
}

function rankedInstance(
  { selections }: RouterInputs,
  placement: Placement,
  ports: ReadonlyMap<string, NumberedPort>,
): RankedInstance {
  const known = (labels: readonly string[]) =>
    labels.flatMap((label) => {
      const port = ports.get(label);
      return port === undefined ? [] : [port];
    });
  const selection = selections.get(placement.instance.id);
  return {
    placement,
    ranking: known(selection?.armed ?? []),
    permitted: known(selection?.permitted ?? []),
    grantedUntilMs: selection?.grantedUntilMs ?? new Map(),
  };
}

function desiredElements(
  inputs: RouterInputs,
  ranked: readonly RankedInstance[],
  ports: ReadonlyMap<string, NumberedPort>,
): ElementSets {
  const made = {
    ni_bridges: new Map<string, string>(),
    within_ni: new Map<string, string>(),
    ni_ranking: new Map<string, string>(),
    ni_zone: new Map<string, string>(),
    permitted: new Map<string, string>(),
    flow_mark: new Map<string, string>(),
    port_map_open: new Map<string, string>(),
    ...portElements(ranked, ports),
  };
  for (const { placement, ranking, permitted, grantedUntilMs } of ranked) {
    const { instance, number, bridge } = placement;
    const until = (port: NumberedPort): string => untilText(grantedUntilMs.get(port.facts.label));
    const name = quoted(bridge.name);
    made.ni_bridges.set(name, '');
    made.within_ni.set(tuple(name, name), '');
    made.ni_ranking.set(name, markText(rankingMark(ranking.map((port) => port.number))));
    made.ni_zone.set(name, String(inputs.generations.get(instance.id) ?? 1));
    for (const port of permitted) {
      const pair = tuple(name, quoted(port.facts.interfaceName));
      made.permitted.set(pair, until(port));
      made.flow_mark.set(pair, markText(flowMark(port.number, number)));
    }
    const inUse = ranking[0];
    if (inUse !== undefined) made.port_map_open.set(markText(flowMark(inUse.number, number)), until(inUse));
  }
  return { ...made, ...portMapElements(inputs.model, inputs.numbers) };
}

function portElements(ranked: readonly RankedInstance[], ports: ReadonlyMap<string, NumberedPort>) {
  const inUse = new Set(ranked.flatMap(({ ranking }) => ranking.slice(0, 1).map((port) => port.number)));
  const port_mark = new Map<string, string>();
  const port_path = new Map<string, string>();
  const port_address = new Map<string, string>();
  const port_up = new Map<string, string>();
  // Two uplinks may hand out the same address: it then means the one in use.
  const byUse = [...ports.values()].sort((a, b) => Number(inUse.has(b.number)) - Number(inUse.has(a.number)));
  for (const { number, facts } of byUse) {
    const mark = markText(portMark(number));
    port_mark.set(quoted(facts.interfaceName), mark);
    port_path.set(tuple(mark, quoted(facts.interfaceName)), '');
    port_up.set(quoted(facts.interfaceName), '');
    for (const { address } of facts.addresses) {
      if (!port_address.has(address)) port_address.set(address, mark);
    }
  }
  return { port_mark, port_path, port_address, port_up, port_down: port_up };
}

function nameServices(ranked: readonly RankedInstance[]): ReadonlyMap<string, NameService> {
  // The same for all that follow the same ranking and have no servers of their own.
  const made = new Map<string, string>();
  return new Map(
    ranked.map(({ placement: { instance, bridge, nameService }, ranking }) => {
      const configured = instance.network.dnsServers;
      const key = `${configured.join()}/${ranking.map(({ number }) => number).join()}`;
      const facts = ranking.map((port) => port.facts);
      const servers = made.get(key) ?? serversText(configured, facts);
      made.set(key, servers);
      return [bridge.name, { ...nameService, servers }];
    }),
  );
}
