import {
  DEAD_END_TABLE,
  MAIN_TABLE,
  MAX_ARMED_PORTS,
  OURS,
  OURS_MASK,
  PREFERENCE,
  PROTOCOL,
  RANKING_MASK,
  SUBNET_TABLE,
  portTable,
  rankingMark,
  routeTable,
  tunnelName,
  tunnelOuterMark,
} from '../../../lib/dataplane-layout/index.js';
import { formatPrefix, rule, ruleKey, type Rule } from '../../../lib/netlink/index.js';
import { oncePer, oncePerKey } from '../../../lib/once/index.js';
import type { NumberedPort, PortFacts } from './inputs.js';
import { networkOf } from '../../../lib/ipv4/index.js';
import { isTunnelled } from './local-instances.js';
import { hasOwnRoutes, routerApp } from './own-routes.js';
import type { Placement } from './placement.js';

/** RFC 1035, 4.2.1 */
const NAMES_PORT = 53;

/** A network instance's ranking as the rules see it. */
export interface RankedSubnet {
  readonly placement: Placement;
  /** Port ids, the port in use first. */
  readonly ranking: readonly number[];
  /** Rankings of flows that stay on a port which was left. */
  readonly drains: readonly (readonly number[])[];
}

/** A rule under its key: made once where it is needed often. */
type Keyed = readonly [key: string, rule: Rule];

/**
 * The rules, by `ruleKey`. `staying`: for flows that stay on ports whatever route there is now, by their packets' mark
 * the table that these ask.
 *
 * Each ranking in use is a chain by mark: the used port's table, then each further one, then `unreachable`. A port
 * that loses link or address drops out of its table by itself, and the next rule answers with nobody awake. Beside it
 * stands the same chain by source address (the proposal's visible rule): for packets of a ranking that has no rules,
 * and for the kernel's look at where an answer would go (rp_filter).
 *
 * Between the two stands the second line of defence, for the case that somebody has flushed our nft table: nobody
 * masquerades then, and what comes in by a bridge without a mark of ours goes nowhere. Neither does what the device
 * itself sends with a bridge's address, unless it is for an app.
 */
export function desiredRules(
  subnets: readonly RankedSubnet[],
  ports: readonly NumberedPort[],
  staying: ReadonlyMap<number, number> = new Map(),
): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>();
  const add = (all: readonly Keyed[]): void => {
    for (const [key, one] of all) rules.set(key, one);
  };
  add([keyed({ preference: PREFERENCE.subnets, action: lookup(SUBNET_TABLE) })]);
  const rankings = new Map<number, readonly number[]>();
  for (const { ranking, drains } of subnets) {
    rankings.set(rankingMark(ranking), ranking);
    for (const drain of drains) rankings.set(rankingMark(drain), drain);
  }
  // Known in any case, so that a network instance without a port never meets the main table's default route.
  rankings.set(rankingMark([]), []);
  for (const [value, ranking] of rankings) {
    const selector = { mark: { value, mask: RANKING_MASK } };
    add(chain(selector, ranking, PREFERENCE.ranking, PREFERENCE.rankingUnreachable));
  }
  // Where the port is gone, the route that the flow began by is next.
  for (const [value, table] of staying) {
    const mark = { value, mask: RANKING_MASK };
    add([keyed({ mark, preference: PREFERENCE.staying, action: lookup(table) })]);
  }
  const isMarked = { mark: { value: OURS, mask: OURS_MASK } };
  add([keyed({ ...isMarked, preference: PREFERENCE.marked, action: { kind: 'goto', preference: PREFERENCE.source } })]);
  for (const { placement, ranking } of subnets) add(subnetRules(placement, ranking));
  add(hostNetworkRules(ports));
  for (const { number, facts } of ports) add(portRules(facts, number));
  return rules;
}

/** What concerns one network instance alone, by ranking: it goes to and fro between a few of them. */
const subnetRules = oncePerKey(rankingMark, (placement: Placement, ranking: readonly number[]): readonly Keyed[] => {
  const { instance, bridge } = placement;
  return [
    ...defence(placement),
    ...(isTunnelled(instance) ? outsideRules(placement, ranking) : []),
    // Where it is out of service its subnet is that of a port, whose own packets come from there.
    ...(bridge.address === undefined
      ? []
      : [
          ...sourceChain(placement, ranking),
          ...(isTunnelled(instance) ? insideRules(placement, instance.tunnel.addresses) : []),
          ...(hasOwnRoutes(instance) || isTunnelled(instance) ? ownRouteRules(placement) : []),
        ]),
  ];
});

/** What the device itself sends by a port, or with an address of it, goes by the port's own table. */
const portRules = oncePerKey(
  (number: number) => number,
  ({ link, interfaceName, addresses }: PortFacts, number: number): readonly Keyed[] => {
    if (link === 'missing') return [];
    const way = { preference: PREFERENCE.port, action: lookup(portTable(number)) };
    return [
      keyed({ ...way, outputInterface: interfaceName }),
      keyed({
        ...{ preference: PREFERENCE.deadEnd, outputInterface: interfaceName },
        ...{ destinationPort: { protocol: 'udp', port: NAMES_PORT }, action: lookup(DEAD_END_TABLE) },
      }),
      ...addresses.map(({ address }) => keyed({ ...way, from: { address, length: 32 } })),
    ];
  },
);

/** What the nft table has not marked does not leave. What the device itself sends comes by `lo`. */
function defence({ bridge }: Placement): readonly Keyed[] {
  const action = { kind: 'unreachable' } as const;
  const own = bridge.address === undefined ? undefined : { address: bridge.address.address, length: 32 };
  return [
    keyed({ inputInterface: bridge.name, preference: PREFERENCE.unmarked, action }),
    ...(own === undefined
      ? []
      : [keyed({ from: own, inputInterface: 'lo', preference: PREFERENCE.bridgeAddress, action })]),
  ];
}

/**
 * What comes from its apps and bears a mark of ours asks for its own routes first; so does the kernel's look at where
 * an answer would go (rp_filter). But for an app that is everybody's default route: by the ranking, as `source` has it.
 */
function ownRouteRules({ instance, subnet, number }: Placement): readonly Keyed[] {
  const mark = { value: OURS, mask: OURS_MASK };
  const table = routeTable(number);
  const router = routerApp(instance);
  const fromRouter = { mark, from: { address: router ?? '', length: 32 } };
  return [
    ...(router === undefined
      ? []
      : [
          // It would be sent to itself.
          keyed({
            ...{ ...fromRouter, preference: PREFERENCE.routerApp },
            action: { kind: 'lookup', table, suppressPrefixLength: 0 },
          }),
          keyed({
            ...{ ...fromRouter, preference: PREFERENCE.routerAppRanking },
            action: { kind: 'goto', preference: PREFERENCE.marked },
          }),
        ]),
    keyed({ mark, from: subnet, preference: PREFERENCE.ownRoutes, action: lookup(table) }),
  ];
}

/**
 * What the device itself sends reaches the networks that it reached before, also where it is bound to a port by device
 * or source: the main table's word on anything but the default route comes before the ports' tables. Where two ports
 * have the same subnet, the main table knows one of them only: a port's own table says where its subnet is.
 */
function hostNetworkRules(ports: readonly NumberedPort[]): readonly Keyed[] {
  if (ports.length === 0) return [];
  const subnets = new Map<string, number>();
  for (const { facts } of ports) {
    for (const subnet of new Set(subnetsOf(facts))) subnets.set(subnet, (subnets.get(subnet) ?? 0) + 1);
  }
  const shared = ports.flatMap(({ number, facts }) =>
    facts.link === 'missing'
      ? []
      : facts.addresses
          .filter((_, index) => (subnets.get(subnetsOf(facts)[index] ?? '') ?? 0) > 1)
          .map(({ address }) =>
            keyed({
              preference: PREFERENCE.portSubnet,
              from: { address, length: 32 },
              action: { kind: 'lookup', table: portTable(number), suppressPrefixLength: 0 },
            }),
          ),
  );
  const action = { kind: 'lookup', table: MAIN_TABLE, suppressPrefixLength: 0 } as const;
  return [...shared, keyed({ preference: PREFERENCE.hostNetworks, action })];
}

/** Of each of its addresses, as texts. */
const subnetsOf = oncePer(({ addresses }: PortFacts): readonly string[] =>
  addresses.map(({ address, prefixLength }) => formatPrefix(networkOf(address, prefixLength))),
);

/**
 * What a tunnel sends outside: the same chain by its own mark, from which its socket takes its first source address,
 * and which is its way where there is no nft table.
 */
function outsideRules({ number }: Placement, ranking: readonly number[]): readonly Keyed[] {
  const selector = { mark: { value: tunnelOuterMark(number), mask: RANKING_MASK } };
  return chain(selector, ranking, PREFERENCE.source, PREFERENCE.sourceUnreachable);
}

/**
 * What the device itself sends inside a tunnel (names that apps ask for, answers from the tunnel's address) goes
 * nowhere else.
 */
function insideRules({ number }: Placement, addresses: readonly string[]): readonly Keyed[] {
  const inside = { preference: PREFERENCE.tunnel, action: lookup(routeTable(number)) };
  return [
    keyed({ ...inside, outputInterface: tunnelName(number) }),
    ...addresses.map((address) => keyed({ ...inside, from: { address, length: 32 } })),
  ];
}

function sourceChain({ instance, subnet, number }: Placement, ranking: readonly number[]): readonly Keyed[] {
  const selector = { from: subnet };
  return isTunnelled(instance)
    ? [
        keyed({ ...selector, preference: PREFERENCE.source, action: lookup(routeTable(number)) }),
        keyed({ ...selector, preference: PREFERENCE.sourceUnreachable, action: { kind: 'unreachable' } }),
      ]
    : chain(selector, ranking, PREFERENCE.source, PREFERENCE.sourceUnreachable);
}

function chain(
  selector: Pick<Rule, 'mark'> | Pick<Rule, 'from'>,
  ranking: readonly number[],
  first: number,
  unreachable: number,
): readonly Keyed[] {
  return [
    ...ranking
      .slice(0, MAX_ARMED_PORTS)
      .map((port, position) => keyed({ ...selector, preference: first + position, action: lookup(portTable(port)) })),
    keyed({ ...selector, preference: unreachable, action: { kind: 'unreachable' } }),
  ];
}

function keyed(parts: Omit<Parameters<typeof rule>[0], 'protocol'>): Keyed {
  const one = rule({ ...parts, protocol: PROTOCOL });
  return [ruleKey(one), one];
}

function lookup(table: number): Rule['action'] {
  return { kind: 'lookup', table };
}
