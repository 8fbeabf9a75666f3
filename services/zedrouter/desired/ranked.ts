import { oncePer } from '../../../lib/once/index.js';
import type { DesireInputs, NumberedPort } from './inputs.js';
import { flowNumbers, selectedRoutes } from './own-routes.js';
import { outOfServiceBecause, portNetworks } from './overlap.js';
import type { Placement } from './placement.js';

/** A placed network instance with the ports that it follows. */
export interface RankedInstance {
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
export interface RankedRoute {
  readonly flows: number;
  /**
   * The port in use, and those that it has left; Infinity: as long as it is in use. That one, too, so that neither when
   * the route leaves it nor when it comes back there is a moment in which a packet might go the other way.
   */
  readonly stays: readonly { readonly port: NumberedPort; readonly endsAtBoottimeMs: number }[];
}

/** Each placed network instance with what it follows now. */
export function rankedInstances(
  inputs: DesireInputs,
  all: readonly Placement[],
  ports: ReadonlyMap<string, NumberedPort>,
): readonly RankedInstance[] {
  const networks = portNetworks([...ports.values()].map(({ facts }) => facts));
  return all.map((placement) =>
    outOfServiceBecause(placement.instance, networks) === undefined
      ? rankedInstance(inputs, placement, ports)
      : outOfService(placement),
  );
}

/** The numbers of ports. */
export function numbersOf(ranking: readonly NumberedPort[]): readonly number[] {
  return ranking.map(({ number }) => number);
}

/** The ports that have a number and of which something is known, by logical label. */
export function numberedPorts(inputs: DesireInputs): ReadonlyMap<string, NumberedPort> {
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
