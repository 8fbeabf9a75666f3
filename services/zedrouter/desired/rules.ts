import {
  MAX_ARMED_PORTS,
  PREFERENCE,
  PROTOCOL,
  RANKING_MASK,
  SUBNET_TABLE,
  portTable,
  rankingMark,
} from '../../../lib/dataplane-layout/index.js';
import { rule, ruleKey, type Rule } from '../../../lib/netlink/index.js';
import type { NumberedPort } from './inputs.js';
import type { Placement } from './placement.js';

/** A network instance's ranking as the rules see it. */
export interface RankedSubnet {
  readonly placement: Placement;
  /** Port ids, the port in use first. */
  readonly ranking: readonly number[];
}

/** A rule under its key: made once where it is needed often. */
type Keyed = readonly [key: string, rule: Rule];

/**
 * The rules, by `ruleKey`.
 *
 * Each ranking in use is a chain by mark: the used port's table, then each further one, then `unreachable`. A port
 * that loses link or address drops out of its table by itself, and the next rule answers with nobody awake. Beside it
 * stands the same chain by source address (the proposal's visible rule): for packets that did not come in by the
 * bridge, and for the case that the nft table is missing.
 */
export function desiredRules(
  subnets: readonly RankedSubnet[],
  ports: readonly NumberedPort[],
): ReadonlyMap<string, Rule> {
  const rules: Keyed[] = [keyed({ preference: PREFERENCE.subnets, action: lookup(SUBNET_TABLE) })];
  const rankings = new Map(subnets.map(({ ranking }) => [rankingMark(ranking), ranking]));
  // Known in any case, so that a network instance without a port never meets the main table's default route.
  rankings.set(rankingMark([]), []);
  for (const [value, ranking] of rankings) {
    const selector = { mark: { value, mask: RANKING_MASK } };
    rules.push(...chain(selector, ranking, PREFERENCE.ranking, PREFERENCE.rankingUnreachable));
  }
  for (const ranked of subnets) rules.push(...sourceChain(ranked));
  for (const { number, facts } of ports) {
    if (facts.link === 'missing') continue;
    const way = { preference: PREFERENCE.port, action: lookup(portTable(number)) };
    rules.push(keyed({ ...way, outputInterface: facts.interfaceName }));
    for (const { address } of facts.addresses) rules.push(keyed({ ...way, from: { address, length: 32 } }));
  }
  return new Map(rules);
}

/** By ranking. A network instance goes to and fro between a few of them. */
const sourceChains = new WeakMap<Placement, Map<number, readonly Keyed[]>>();

function sourceChain({ placement, ranking }: RankedSubnet): readonly Keyed[] {
  const made = sourceChains.get(placement) ?? new Map<number, readonly Keyed[]>();
  sourceChains.set(placement, made);
  const mark = rankingMark(ranking);
  const known = made.get(mark);
  if (known !== undefined) return known;
  const rules = chain({ from: placement.subnet }, ranking, PREFERENCE.source, PREFERENCE.sourceUnreachable);
  made.set(mark, rules);
  return rules;
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
