import type { Bridge, Dataplane, NameService } from '../desired/dataplane.js';
import { PREFERENCE } from '../../../lib/dataplane-layout/index.js';
import { sameEgressFilter } from '../../../lib/egress-filter/index.js';
import {
  elementKey,
  PROTOCOL_NUMBERS,
  sameElement,
  sameRoute,
  type Route,
  type Rule,
  type SetElement,
  type SetElements,
} from '../../../lib/netlink/index.js';
import { oncePer } from '../../../lib/once/index.js';
import { isForwarder } from '../desired/forwarders.js';
import { SET_NAMES, type ElementSets, type SetName } from '../desired/sets.js';
import type { AccessObjects } from '../desired/access.js';
import type { AccessObjectsChange, Operation, Phase, PhaseName, Plan, SetChange } from './operations.js';

type NftOperation = Extract<Operation, { readonly kind: 'nft' }>;

/**
 * What happens once, at the change from one selection to another; it is no state of the kernel that can be compared.
 */
export interface Transition {
  /** Flows that access lists do not allow any more. */
  readonly refused: readonly Operation[];
  readonly warmed: readonly Operation[];
  readonly ended: readonly Operation[];
  /** Flows that end before their way does. */
  readonly drained: readonly Operation[];
}

const NO_TRANSITION: Transition = { refused: [], warmed: [], ended: [], drained: [] };

/**
 * What leads from `observed` to `desired`, make before break, and never a bridge without its guard:
 *
 * 1. retire: bridges of network instances that are gone go down, before their rules do, and addresses that are given
 * up go before a port's routes need them;
 * 2. install: settings, the ports' routes and filters, and the rules of rankings that are new: nothing uses them yet;
 *    flows whose drain is over end, as long as they still have their way: their next packets are new and lose nothing;
 * 3. switch: one nft transaction moves marks, generations, port maps and the guard together;
 * 4. follow: the visible rules by source address, the new one before the old one goes (apps' packets go by their marks
 * already);
 * 5. open: new bridges, and the way back to their apps: only now that rules and guard stand;
 * 6. break: rules and routes that nothing uses any more;
 * 7. name services;
 * 8. flows: only now that the new path stands, the flows of the old one end;
 * 9. remove: bridges that were retired.
 *
 * Level triggered: planned again from what is then observed, it says what is left to do; nothing, when all is done.
 */
export function plan(observed: Dataplane, desired: Dataplane, transition: Transition = NO_TRANSITION): Plan {
  const routes = routeOperations(observed.routes, desired.routes);
  const rules = ruleOperations(observed.rules, desired.rules);
  const bridges = bridgeOperations(observed.bridges, desired.bridges);
  const filters = egressFilterOperations(observed.egressFilters, desired.egressFilters);
  const nft = nftOperations(observed, desired);
  const sysctls = sysctlOperations(observed.sysctls, desired.sysctls);
  const isOfBridge = bridgeSettings(desired.bridges);
  const isOverBridge = ({ dev = '' }: Route): boolean => desired.bridges.has(dev);
  const phases: readonly Phase[] = [
    { name: 'retire', operations: [...bridges.givenUp, ...bridges.down] },
    {
      name: 'install',
      operations: [
        ...transition.warmed,
        ...transition.drained,
        ...sysctls.filter(({ path }) => !isOfBridge(path)),
        ...routes.replaced.filter(({ route }) => !isOverBridge(route)),
        ...rules.added.filter((operation) => !isSourceRule(operation.rule)),
        ...filters,
      ],
    },
    { name: 'switch', operations: nft },
    {
      name: 'follow',
      operations: [
        ...rules.added.filter((operation) => isSourceRule(operation.rule)),
        ...rules.deleted.filter((operation) => isSourceRule(operation.rule)),
      ],
    },
    {
      name: 'open',
      operations: [
        ...bridges.added,
        ...routes.replaced.filter(({ route }) => isOverBridge(route)),
        ...sysctls.filter(({ path }) => isOfBridge(path)),
      ],
    },
    {
      name: 'break',
      operations: [...rules.deleted.filter((operation) => !isSourceRule(operation.rule)), ...routes.deleted],
    },
    { name: 'name-services', operations: nameServiceOperations(observed.nameServices, desired.nameServices) },
    {
      name: 'flows',
      operations: [...transition.refused, ...transition.ended, ...untranslatedFlows(nft, desired.elements)],
    },
    { name: 'remove', operations: bridges.deleted },
  ];
  return phases.filter(({ operations }) => operations.length > 0);
}

const MOVING: ReadonlySet<PhaseName> = new Set(['retire', 'install', 'switch']);

/**
 * What moves the traffic, and what may come when it has moved. A new bridge is opened only when its visible rules
 * stand, too.
 */
export function splitPlan(steps: Plan): { readonly urgent: Plan; readonly rest: Plan } {
  const lastUrgent = Math.max(
    steps.findLastIndex(({ name }) => MOVING.has(name)),
    steps.findIndex(({ name }) => name === 'open'),
  );
  return { urgent: steps.slice(0, lastUrgent + 1), rest: steps.slice(lastUrgent + 1) };
}

/** Whether it loads chains, or takes some away. */
export function changesChains(steps: Plan): boolean {
  return steps.some(({ operations }) =>
    operations.some(
      (each) =>
        each.kind === 'nft' &&
        (each.change.ruleset || each.change.access.added.length > 0 || each.change.access.removed.length > 0),
    ),
  );
}

function isSourceRule({ preference }: Rule): boolean {
  return preference >= PREFERENCE.source && preference <= PREFERENCE.sourceUnreachable;
}

type SysctlOperation = Extract<Operation, { kind: 'sysctl' }>;

function sysctlOperations(
  observed: ReadonlyMap<string, string>,
  desired: ReadonlyMap<string, string>,
): readonly SysctlOperation[] {
  return [...desired]
    .filter(([path, value]) => observed.get(path) !== value)
    .map(([path, value]) => ({ kind: 'sysctl', path, value }));
}

/** Whether a setting is one of a bridge: it is not there before the bridge is. */
function bridgeSettings(bridges: ReadonlyMap<string, Bridge>): (path: string) => boolean {
  return (path) => bridges.has(/^net\/ipv4\/conf\/([^/]+)\//.exec(path)?.[1] ?? '');
}

function routeOperations(observed: ReadonlyMap<string, Route>, desired: ReadonlyMap<string, Route>) {
  const isThere = (key: string, route: Route): boolean => {
    const found = observed.get(key);
    return found !== undefined && sameRoute(found, route);
  };
  return {
    replaced: [...desired].flatMap(([key, route]) =>
      isThere(key, route) ? [] : [{ kind: 'route-replace', route } as const],
    ),
    deleted: [...observed].flatMap(([key, route]) =>
      desired.has(key) ? [] : [{ kind: 'route-delete', route } as const],
    ),
  };
}

/** A rule's key says all of it: one that differs is another one. */
function ruleOperations(observed: ReadonlyMap<string, Rule>, desired: ReadonlyMap<string, Rule>) {
  return {
    added: [...desired].flatMap(([key, rule]) => (observed.has(key) ? [] : [{ kind: 'rule-add', rule } as const])),
    deleted: [...observed].flatMap(([key, rule]) => (desired.has(key) ? [] : [{ kind: 'rule-delete', rule } as const])),
  };
}

/** Of the third line of defence: it stands before anything is opened, and a port that takes a subnet waits for none. */
function egressFilterOperations(
  observed: Dataplane['egressFilters'],
  desired: Dataplane['egressFilters'],
): readonly Operation[] {
  if (observed === undefined || desired === undefined) return [];
  const replaced = [...desired].flatMap(([key, filter]): Operation[] => {
    const found = observed.get(key);
    return found !== undefined && sameEgressFilter(found, filter) ? [] : [{ kind: 'egress-filter-replace', filter }];
  });
  const deleted = [...observed].flatMap(([key, filter]): Operation[] =>
    desired.has(key) ? [] : [{ kind: 'egress-filter-delete', filter }],
  );
  return [...deleted, ...replaced];
}

function bridgeOperations(observed: ReadonlyMap<string, Bridge>, desired: ReadonlyMap<string, Bridge>) {
  if (observed === desired) return { added: [], givenUp: [], down: [], deleted: [] };
  const added = [...desired.values()].flatMap((bridge): Operation[] => {
    const before = observed.get(bridge.name);
    if (before === undefined) return [{ kind: 'bridge-add', bridge }];
    return sameBridge(before, bridge) ? [] : [{ kind: 'bridge-change', before, bridge }];
  });
  const givesUpAddress = (operation: Operation): boolean =>
    operation.kind === 'bridge-change' && operation.bridge.address === undefined;
  const unwanted = [...observed.keys()].filter((name) => !desired.has(name));
  return {
    added: added.filter((operation) => !givesUpAddress(operation)),
    givenUp: added.filter(givesUpAddress),
    down: unwanted.map((name): Operation => ({ kind: 'bridge-down', name })),
    deleted: unwanted.map((name): Operation => ({ kind: 'bridge-delete', name })),
  };
}

/** Whether the gateway's address is the same. */
export function sameBridgeAddress(a: Bridge, b: Bridge): boolean {
  return a.address?.address === b.address?.address && a.address?.prefixLength === b.address?.prefixLength;
}

/** Whether the bridge is as desired. */
function sameBridge(observed: Bridge, desired: Bridge): boolean {
  const [a, b] = [observed, desired];
  return (
    a.niId === b.niId &&
    sameBridgeAddress(a, b) &&
    a.macAddress === b.macAddress &&
    a.mtu === b.mtu &&
    (a.filtersMembers === undefined || b.filtersMembers === undefined || a.filtersMembers === b.filtersMembers) &&
    (observed.returnsToSender || !desired.returnsToSender)
  );
}

const OPENS_PORT_MAPS: ReadonlySet<SetName> = new Set(['port_map_target', 'port_map_open']);

/**
 * A flow is translated with its first packet or never: a sender that was there before its port map is, or is open, has
 * to be forgotten. TCP begins anew by itself.
 */
function untranslatedFlows(nft: readonly NftOperation[], elements: ElementSets): readonly Operation[] {
  const isOpened = nft.some(
    ({ change }) =>
      change.ruleset || change.sets.some(({ set, added }) => OPENS_PORT_MAPS.has(set) && added.length > 0),
  );
  if (!isOpened) return [];
  const addresses = [...elements.port_address.values()].map(({ key, value }) => ({ address: key[0], port: value[0] }));
  const destinations = udpPortMaps(elements.port_map_owner).flatMap(({ key: [port, , externalPort], value }) => {
    if (!elements.port_map_open.has(elementKey(value))) return [];
    return addresses
      .filter((each) => each.port === port)
      .map(({ address }) => ({ address: String(address), port: Number(externalPort) }));
  });
  return destinations.length === 0 ? [] : [{ kind: 'untranslated-flows-end', destinations }];
}

/** Of thousands of port maps; no switch changes them. */
const udpPortMaps = oncePer((owners: SetElements): readonly SetElement[] =>
  [...owners.values()].filter(({ key: [, protocol] }) => protocol === PROTOCOL_NUMBERS.udp),
);

function nftOperations(observed: Dataplane, desired: Dataplane): readonly NftOperation[] {
  const ruleset = !observed.rulesetInForce && desired.rulesetInForce;
  const sets = SET_NAMES.flatMap((set) => setChange(set, observed.elements, desired.elements));
  const access = accessChange(observed.accessObjects, desired.accessObjects, ruleset);
  const isNothing = !ruleset && sets.length === 0 && access.added.length === 0 && access.removed.length === 0;
  return isNothing ? [] : [{ kind: 'nft', change: { ruleset, access, sets } }];
}

/** `all`: what is there is not trusted, and written anew. */
function accessChange(observed: AccessObjects, desired: AccessObjects, all: boolean): AccessObjectsChange {
  if (observed === desired && !all) return { added: [], removed: [] };
  return {
    added: [...desired.values()].filter(({ name }) => all || !observed.has(name)),
    removed: [...observed.values()].filter(({ name }) => !desired.has(name)),
  };
}

function setChange(set: SetName, observed: ElementSets, desired: ElementSets): readonly SetChange[] {
  const before: SetElements = observed[set];
  const after: SetElements = desired[set];
  // What follows from the configuration alone is the same object until the configuration changes.
  if (before === after) return [];
  const deleted = missingFrom(after, before);
  const added = missingFrom(before, after);
  return deleted.length === 0 && added.length === 0 ? [] : [{ set, deleted, added }];
}

/** The elements of one set that another one has not, or has otherwise. */
function missingFrom(others: SetElements, elements: SetElements): readonly SetElement[] {
  const missing: SetElement[] = [];
  for (const [key, each] of elements) if (!sameElement(others.get(key), each)) missing.push(each);
  return missing;
}

function nameServiceOperations(
  observed: ReadonlyMap<string, NameService>,
  desired: ReadonlyMap<string, NameService>,
): readonly Operation[] {
  const wanted = [...desired].flatMap(([bridge, service]): Operation[] => {
    const before = observed.get(bridge);
    if (before?.config !== service.config) return [{ kind: 'name-service-start', bridge, service }];
    const same =
      before.dhcpHosts === service.dhcpHosts && before.hosts === service.hosts && before.servers === service.servers;
    return same ? [] : [{ kind: 'name-service-reload', bridge, service }];
  });
  const unwanted = [...observed.keys()].filter((bridge) => !desired.has(bridge));
  const stop = (bridge: string): Operation => ({ kind: 'name-service-stop', bridge });
  return [
    ...unwanted.filter((bridge) => !isForwarder(bridge)).map(stop),
    ...wanted,
    // They go when nobody is told to ask them any more.
    ...unwanted.filter(isForwarder).map(stop),
  ];
}
