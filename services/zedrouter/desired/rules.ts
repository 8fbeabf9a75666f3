import { MAX_ARMED_PORTS, portTable, RANKING_MASK, rankingMark } from '../marks.js';
import { PREFERENCE, PROTOCOL, SUBNET_TABLE } from './dataplane.js';
import type { PortFacts } from './inputs.js';

const own = `protocol ${PROTOCOL}`;

/** A network instance's ranking as the rules see it. */
export interface RankedSubnet {
  /** In CIDR form. */
  readonly subnet: string;
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
    addChain(rules, selector, ranking, PREFERENCE.ranking, PREFERENCE.rankingUnreachable);
  }
  for (const { subnet, ranking } of subnets) {
    addChain(rules, `from ${subnet}`, ranking, PREFERENCE.source, PREFERENCE.sourceUnreachable);
  }
  for (const { number, facts } of ports) {
    if (facts.link === 'missing') continue;
    rules.add(`pref ${PREFERENCE.port} oif ${facts.interfaceName} lookup ${portTable(number)} ${own}`);
    for (const { address } of facts.addresses) {
      rules.add(`pref ${PREFERENCE.port} from ${address} lookup ${portTable(number)} ${own}`);
    }
  }
  return rules;
}

export interface NumberedPort {
  readonly number: number;
  readonly facts: PortFacts;
}

function addChain(
  rules: Set<string>,
  selector: string,
  ranking: readonly number[],
  first: number,
  unreachable: number,
): void {
  ranking.slice(0, MAX_ARMED_PORTS).forEach((port, position) => {
    rules.add(`pref ${first + position} ${selector} lookup ${portTable(port)} ${own}`);
  });
  rules.add(`pref ${unreachable} ${selector} unreachable ${own}`);
}
