import { oncePer } from '../../../lib/once/index.js';
import type { DesireInputs, NumberedPort } from './inputs.js';
import { flowNumbers, selectedRoutes, type SelectedRoute } from './own-routes.js';
import { outOfServiceBecause, portNetworks } from './overlap.js';
import type { Placement } from './placement.js';
import { namedRouters, stayingOn, stayingVia, type Staying } from './staying.js';

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
  /** Its static routes that are selections, by the number of their flows. */
  readonly routes: readonly RankedRoute[];
}

/** A static route, with the ports whose flows stay there; of a default route by a router: the flows of the instance. */
export interface RankedRoute {
  readonly flows: number;
  /**
   * The port in use, and those that it has left; Infinity: as long as it is in use. That one, too, so that neither when
   * the route leaves it nor when it comes back there is a moment in which a packet might go the other way.
   */
  readonly stays: readonly {
    readonly port: NumberedPort;
    readonly staying: Staying;
    readonly endsAtBoottimeMs: number;
  }[];
}

/** Each placed network instance with what it follows now. */
export function rankedInstances(
  inputs: DesireInputs,
  all: readonly Placement[],
  ports: ReadonlyMap<string, NumberedPort>,
): readonly RankedInstance[] {
  const networks = portNetworks([...ports.values()].map(({ facts }) => facts));
  const routers = namedRouters(all.map(({ instance }) => instance));
  return all.map((placement) =>
    outOfServiceBecause(placement.instance, networks) === undefined
      ? rankedInstance(inputs, placement, ports, routers)
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
  routers: ReadonlySet<string>,
): RankedInstance {
  const known = (labels: readonly string[]) =>
    labels.flatMap((label) => {
      const port = ports.get(label);
      return port === undefined ? [] : [port];
    });
  const { id, viaGateway } = placement.instance;
  const selection = selections.get(id);
  const ranking = known(selection?.armed ?? []);
  const routes = selectedRoutes(placement.instance);
  // A static default route may keep the default route off ports that other routes lead by.
  const all = [selection, ...routes.map((route) => selections.get(route.id))].filter((each) => each !== undefined);
  return {
    placement,
    ranking,
    // Of a default route by a router: among `routes`, for its table is asked before any ranking.
    drains: [...(viaGateway === undefined ? (drains.get(id) ?? []) : [])].flatMap(([label, { endsAtBoottimeMs }]) => {
      const port = ports.get(label);
      if (port === undefined) return [];
      return [{ ranking: [port, ...ranking.filter((other) => other !== port)], endsAtBoottimeMs }];
    }),
    routes: [...(viaGateway === undefined ? [] : [{ id, gateway: viaGateway }]), ...routes.map(routeOf)].flatMap(
      (route) => {
        const flows = flowNumbers(model, ids).get(route.id);
        if (flows === undefined) return [];
        const inUse = selections.get(route.id)?.armed[0];
        const stayInUse = inUse === undefined ? [] : [[inUse, { endsAtBoottimeMs: Infinity }] as const];
        const stays = [...(drains.get(route.id) ?? []), ...stayInUse].flatMap(([label, drain]) => {
          const port = ports.get(label);
          const staying = port === undefined ? undefined : stayingOn(port, stayingVia(route.gateway), routers);
          return port === undefined || staying === undefined ? [] : [{ port, staying, ...drain }];
        });
        return [{ flows, stays }];
      },
    ),
    permitted: known([...new Set(all.flatMap(({ permitted }) => permitted))]),
    grantedUntilMs: new Map(all.flatMap(({ grantedUntilMs }) => [...grantedUntilMs])),
  };
}

function routeOf({ id, via }: SelectedRoute): { readonly id: string; readonly gateway: string | undefined } {
  return { id, gateway: via.kind === 'gateway' ? via.address : undefined };
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
