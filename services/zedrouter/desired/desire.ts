import { tunnelName } from '../../../lib/dataplane-layout/index.js';
import { routeKey, type Route } from '../../../lib/netlink/index.js';
import { accessRules } from './access.js';
import type { Dataplane } from './dataplane.js';
import { egressFilters } from './egress-filters.js';
import { desiredElements } from './elements.js';
import type { DesireInputs } from './inputs.js';
import { isTunnelled } from './local-instances.js';
import { forwarders, nameServices } from './name-services.js';
import { hasOwnRoutes, ownRoutes } from './own-routes.js';
import { placements, placementsUnder, type Placement } from './placement.js';
import { appTermsOf } from './port-terms.js';
import { numberedPorts, numbersOf, rankedInstances, type RankedInstance } from './ranked.js';
import { deadEndRoutes, portRoutes } from './routes.js';
import { desiredRules } from './rules.js';
import { desiredSysctls } from './sysctls.js';
import { tunnelRoutes } from './tunnels.js';

/** What the kernel is to hold, given all that is known. Pure; the same inputs give the same value. */
export function desire(inputs: DesireInputs): Dataplane {
  const { model, ids, nameServiceDirectory } = inputs;
  const { all, bridges, subnetRoutes } = placementsUnder(
    placements(model, ids, nameServiceDirectory),
    appTermsOf(model, inputs.ports),
  );
  const ports = numberedPorts(inputs);
  const ranked = rankedInstances(inputs, all, ports);
  const stays = ranked.flatMap(({ routes }) => routes.flatMap((route) => route.stays.map(({ staying }) => staying)));
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
      ...[portRoutes, deadEndRoutes].flatMap((of) =>
        of([...ports.values()]).map((route) => [routeKey(route), route] as const),
      ),
      ...[...subnetRoutes].filter(([, { dev = '' }]) => !outOfServiceBridges.has(dev)),
      ...ranked.flatMap(({ placement }) =>
        routesOf(placement, inputs).map((route) => [routeKey(route), route] as const),
      ),
      ...stays.flatMap(({ route }) => (route === undefined ? [] : [[routeKey(route), route] as const])),
    ]),
    rules: desiredRules(
      ranked.map(({ placement, ranking, drains }) => ({
        placement,
        ranking: numbersOf(ranking),
        drains: drains.map((drain) => numbersOf(drain.ranking)),
      })),
      [...ports.values()],
      new Map(stays.map(({ mark, table }) => [mark, table])),
    ),
    egressFilters: egressFilters(
      outOfServiceBridges.size === 0 ? all : all.filter(({ bridge }) => !outOfServiceBridges.has(bridge.name)),
      [...ports.values()].map(({ facts }) => facts),
    ),
    rulesetInForce: true,
    accessObjects: accessRules(model, ids).objects,
    elements: desiredElements(inputs, all, ranked, ports),
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
