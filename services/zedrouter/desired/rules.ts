import {
  MAX_ARMED_PORTS,
  PREFERENCE,
  PROTOCOL,
  RANKING_MASK,
  SUBNET_TABLE,
  portTable,
  rankingMark,
} from '../../../lib/dataplane-layout/index.js';
import type { NumberedPort } from './inputs.js';
import type { Placement } from './placement.js';

const own = `protocol ${PROTOCOL}`;

/** A network instance's ranking as the rules see it. */
export interface RankedSubnet {
  readonly placement: Placement;
  /** Port numbers, the port in use first. */
  readonly ranking: readonly number[];
}

/**
 * The rules, in the words of `ip rule add`.
 *
 * Each ranking in use is a chain by mark: the used port's table, then each further one, then `unreachable`. A port
 * that loses link or address drops out of its table by itself, and the next rule answers with nobody awake. Beside it
 * stands the same chain by source address (the proposal's visible rule): for packets that did not come in by the
 * bridge, and for the case that the nft table is missing.
 */
export function desiredRules(subnets: readonly RankedSubnet[], ports: readonly NumberedPort[]): ReadonlySet<string> {
  const rules = new Set<string>([`pref ${PREFERENCE.subnets} lookup ${SUBNET_TABLE} ${own}`]);
  const rankings = new Map(subnets.map(({ ranking }) => [rankingMark(ranking), ranking]));
  // Known in any case, so that a network instance without a port never meets the main table's default route.
  rankings.set(rankingMark([]), []);
  for (const [mark, ranking] of rankings) {
    const selector = `fwmark 0x${mark.toString(16)}/0x${RANKING_MASK.toString(16)}`;
    for (const rule of chain(selector, ranking, PREFERENCE.ranking, PREFERENCE.rankingUnreachable)) rules.add(rule);
  }
  for (const ranked of subnets) for (const rule of sourceChain(ranked)) rules.add(rule);
  for (const { number, facts } of ports) {
    if (facts.link === 'missing') continue;
    rules.add(`pref ${PREFERENCE.port} oif ${facts.interfaceName} lookup ${portTable(number)} ${own}`);
    for (const { address } of facts.addresses) {
      rules.add(`pref ${PREFERENCE.port} from ${address} lookup ${portTable(number)} ${own}`);
    }
  }
  return rules;
}

/** By ranking. A network instance goes to and fro between a few of them. */
const sourceChains = new WeakMap<Placement, Map<number, readonly string[]>>();

function sourceChain({ placement, ranking }: RankedSubnet): readonly string[] {
  const made = sourceChains.get(placement) ?? new Map<number, readonly string[]>();
  sourceChains.set(placement, made);
  const mark = rankingMark(ranking);
  const known = made.get(mark);
  if (known !== undefined) return known;
  const rules = chain(`from ${placement.subnet}`, ranking, PREFERENCE.source, PREFERENCE.sourceUnreachable);
  made.set(mark, rules);
  return rules;
}

function chain(selector: string, ranking: readonly number[], first: number, unreachable: number): readonly string[] {
  return [
    ...ranking
      .slice(0, MAX_ARMED_PORTS)
      .map((port, position) => `pref ${first + position} ${selector} lookup ${portTable(port)} ${own}`),
    `pref ${unreachable} ${selector} unreachable ${own}`,
  ];
}
