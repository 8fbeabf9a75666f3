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
import type { AddressFacts, NumberedPort } from './inputs.js';
import { networkOf } from './ipv4.js';
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
  const rules: Keyed[] = [keyed({ preference: PREFERENCE.subnets, action: lookup(SUBNET_TABLE) })];
  const rankings = new Map(
    subnets.flatMap(({ ranking, drains }) => [ranking, ...drains].map((each) => [rankingMark(each), each] as const)),
  );
  // Known in any case, so that a network instance without a port never meets the main table's default route.
  rankings.set(rankingMark([]), []);
  for (const [value, ranking] of rankings) {
    const selector = { mark: { value, mask: RANKING_MASK } };
    rules.push(...chain(selector, ranking, PREFERENCE.ranking, PREFERENCE.rankingUnreachable));
  }
  // Where the port is gone, the route that the flow began by is next.
  for (const [value, table] of staying) {
    const mark = { value, mask: RANKING_MASK };
    rules.push(keyed({ mark, preference: PREFERENCE.staying, action: lookup(table) }));
  }
  const isMarked = { mark: { value: OURS, mask: OURS_MASK } };
  rules.push(
    keyed({ ...isMarked, preference: PREFERENCE.marked, action: { kind: 'goto', preference: PREFERENCE.source } }),
  );
  for (const ranked of subnets) {
    const { instance } = ranked.placement;
    rules.push(...defence(ranked.placement));
    if (isTunnelled(instance)) rules.push(...outsideRules(ranked));
    // Where it is out of service its subnet is that of a port, whose own packets come from there.
    if (ranked.placement.bridge.address === undefined) continue;
    rules.push(...sourceChain(ranked.placement, ranked.ranking));
    if (isTunnelled(instance)) rules.push(...insideRules(ranked.placement, instance.tunnel.addresses));
    if (hasOwnRoutes(instance) || isTunnelled(instance)) rules.push(...ownRouteRules(ranked.placement));
  }
  rules.push(...hostNetworkRules(ports));
  for (const { number, facts } of ports) {
    if (facts.link === 'missing') continue;
    const way = { preference: PREFERENCE.port, action: lookup(portTable(number)) };
    rules.push(keyed({ ...way, outputInterface: facts.interfaceName }));
    rules.push(
      keyed({
        ...{ preference: PREFERENCE.deadEnd, outputInterface: facts.interfaceName },
        ...{ destinationPort: { protocol: 'udp', port: NAMES_PORT }, action: lookup(DEAD_END_TABLE) },
      }),
    );
    for (const { address } of facts.addresses) rules.push(keyed({ ...way, from: { address, length: 32 } }));
  }
  return new Map(rules);
}

/** What the nft table has not marked does not leave. What the device itself sends comes by `lo`. */
const defence = oncePer((placement: Placement): readonly Keyed[] => {
  const { bridge } = placement;
  const action = { kind: 'unreachable' } as const;
  const own = bridge.address === undefined ? undefined : { address: bridge.address.address, length: 32 };
  return [
    keyed({ inputInterface: bridge.name, preference: PREFERENCE.unmarked, action }),
    ...(own === undefined
      ? []
      : [keyed({ from: own, inputInterface: 'lo', preference: PREFERENCE.bridgeAddress, action })]),
  ];
});

/**
 * What comes from its apps and bears a mark of ours asks for its own routes first; so does the kernel's look at where
 * an answer would go (rp_filter). But for an app that is everybody's default route: by the ranking, as `source` has it.
 */
const ownRouteRules = oncePer(({ instance, subnet, number }: Placement): readonly Keyed[] => {
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
});

/**
 * What the device itself sends reaches the networks that it reached before, also where it is bound to a port by device
 * or source: the main table's word on anything but the default route comes before the ports' tables. Where two ports
 * have the same subnet, the main table knows one of them only: a port's own table says where its subnet is.
 */
function hostNetworkRules(ports: readonly NumberedPort[]): readonly Keyed[] {
  if (ports.length === 0) return [];
  const subnets = new Map<string, number>();
  for (const { facts } of ports) {
    for (const subnet of new Set(facts.addresses.map(subnetText))) subnets.set(subnet, (subnets.get(subnet) ?? 0) + 1);
  }
  const shared = ports.flatMap(({ number, facts }) =>
    facts.link === 'missing'
      ? []
      : facts.addresses
          .filter((address) => (subnets.get(subnetText(address)) ?? 0) > 1)
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

function subnetText({ address, prefixLength }: AddressFacts): string {
  return formatPrefix(networkOf(address, prefixLength));
}

/**
 * What a tunnel sends outside: the same chain by its own mark, from which its socket takes its first source address,
 * and which is its way where there is no nft table.
 */
function outsideRules({ placement: { number }, ranking }: RankedSubnet): readonly Keyed[] {
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

/** By ranking. A network instance goes to and fro between a few of them. */
const sourceChain = oncePerKey(
  rankingMark,
  ({ instance, subnet, number }: Placement, ranking: readonly number[]): readonly Keyed[] => {
    const selector = { from: subnet };
    return isTunnelled(instance)
      ? [
          keyed({ ...selector, preference: PREFERENCE.source, action: lookup(routeTable(number)) }),
          keyed({ ...selector, preference: PREFERENCE.sourceUnreachable, action: { kind: 'unreachable' } }),
        ]
      : chain(selector, ranking, PREFERENCE.source, PREFERENCE.sourceUnreachable);
  },
);

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
