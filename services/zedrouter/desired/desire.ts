import { bridgeName, flowMark, markText, portMark, rankingMark } from '../marks.js';
import type { Bridge, Dataplane, NameService } from './dataplane.js';
import { SUBNET_TABLE } from './dataplane.js';
import type { PortFacts, RouterInputs } from './inputs.js';
import { addressText } from './ipv4.js';
import { appInterfaceKey, attachedInterfaces, localInstances, type LocalInstance } from './local-instances.js';
import { nameService } from './name-service.js';
import { portMapElements } from './port-maps.js';
import { portRoutes, routeKey, subnetRoute } from './routes.js';
import { desiredRules, type NumberedPort, type RankedSubnet } from './rules.js';
import { quoted, tuple, untilText, type ElementSets } from './sets.js';
import { desiredSysctls } from './sysctls.js';

const DEFAULT_MTU = 1500;

/** A local network instance with its bridge and the ports it follows. */
interface PlacedInstance {
  readonly instance: LocalInstance;
  readonly number: number;
  readonly bridge: string;
  /** The ranking, the port in use first. */
  readonly ranking: readonly NumberedPort[];
  readonly permitted: readonly NumberedPort[];
  /** When a port that a grant alone permits is to be left, by logical label. */
  readonly grantedUntilMs: ReadonlyMap<string, number>;
}

/** What the kernel is to hold, given all that is known. Pure; the same inputs give the same value. */
export function desire(inputs: RouterInputs): Dataplane {
  const ports = numberedPorts(inputs);
  const placed = placeInstances(inputs, ports);
  const routes = new Map(portRoutes([...ports.values()]));
  const bridges = new Map<string, Bridge>();
  const subnets: RankedSubnet[] = [];
  for (const { instance, number, bridge, ranking } of placed) {
    const { network } = instance;
    const subnet = `${network.subnet}/${network.prefixLength}`;
    bridges.set(bridge, {
      name: bridge,
      niId: instance.id,
      address: `${network.gateway}/${network.prefixLength}`,
      macAddress: bridgeMacAddress(number),
      mtu: instance.mtu === 0 ? DEFAULT_MTU : instance.mtu,
    });
    routes.set(routeKey(SUBNET_TABLE, subnet), subnetRoute(subnet, bridge));
    subnets.push({ subnet, ranking: ranking.map((port) => port.number) });
  }
  return {
    sysctls: desiredSysctls([...ports.values()].map(({ facts }) => facts)),
    bridges,
    routes,
    rules: desiredRules(subnets, [...ports.values()]),
    rulesetInForce: true,
    elements: desiredElements(inputs, placed, ports),
    nameServices: nameServices(inputs, placed),
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

function placeInstances(inputs: RouterInputs, ports: ReadonlyMap<string, NumberedPort>): readonly PlacedInstance[] {
  const known = (labels: readonly string[]) =>
    labels.flatMap((label) => {
      const port = ports.get(label);
      return port === undefined ? [] : [port];
    });
  return localInstances(inputs.model).flatMap((instance) => {
    const number = inputs.numbers.networkInstances.get(instance.id);
    if (number === undefined) return [];
    const selection = inputs.selections.get(instance.id);
    return [
      {
        instance,
        number,
        bridge: bridgeName(number),
        ranking: known(selection?.armed ?? []),
        permitted: known(selection?.permitted ?? []),
        grantedUntilMs: selection?.grantedUntilMs ?? new Map(),
      },
    ];
  });
}

/** EVE's prefix for bridges, and the number; fixed, because a bridge otherwise takes on the lowest of its members'. */
function bridgeMacAddress(niNumber: number): string {
  const hex = niNumber.toString(16).padStart(4, '0');
  return `02:16:3e:06:${hex.slice(0, 2)}:${hex.slice(2)}`;
}

function desiredElements(
  inputs: RouterInputs,
  placed: readonly PlacedInstance[],
  ports: ReadonlyMap<string, NumberedPort>,
): ElementSets {
  const made = {
    ni_bridges: new Map<string, string>(),
    ni_ranking: new Map<string, string>(),
    ni_zone: new Map<string, string>(),
    permitted: new Map<string, string>(),
    flow_mark: new Map<string, string>(),
    port_map_open: new Map<string, string>(),
    ...portElements(placed, ports),
  };
  for (const { instance, number, bridge, ranking, permitted, grantedUntilMs } of placed) {
    const until = (port: NumberedPort): string => untilText(grantedUntilMs.get(port.facts.label));
    const name = quoted(bridge);
    made.ni_bridges.set(name, '');
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

function portElements(placed: readonly PlacedInstance[], ports: ReadonlyMap<string, NumberedPort>) {
  const inUse = new Set(placed.flatMap(({ ranking }) => ranking.slice(0, 1).map((port) => port.number)));
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

function nameServices(inputs: RouterInputs, placed: readonly PlacedInstance[]): ReadonlyMap<string, NameService> {
  const attachedByInstance = attachedInterfaces(inputs.model);
  return new Map(
    placed.map(({ instance, bridge, ranking }) => [
      bridge,
      nameService({
        instance,
        bridge,
        directory: inputs.nameServiceDirectory,
        leased: (attachedByInstance.get(instance.id) ?? []).flatMap((attached) => {
          const address = inputs.numbers.appAddresses.get(appInterfaceKey(attached));
          return address === undefined ? [] : [{ attached, address: addressText(address) }];
        }),
        ranking: ranking.map((port): PortFacts => port.facts),
      }),
    ]),
  );
}
