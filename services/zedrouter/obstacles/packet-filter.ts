import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';

/*
 * What chains of others do with a packet, from the JSON that `nft -j list ruleset` prints (libnftables-json(5)). What
 * cannot be told from the rule alone (a mark, a set, a limit, an extension of iptables) may match or not: then both are
 * followed, and the answer may be that it depends.
 */

/** A packet of an app, as far as rules are commonly about it; it begins a flow. */
export interface SamplePacket {
  readonly hook: 'forward' | 'input';
  readonly inputInterface: string;
  /** Undefined: it is for the host itself. */
  readonly outputInterface: string | undefined;
  readonly protocol: 'tcp' | 'udp';
  /** Undefined: any. */
  readonly destinationPort: number | undefined;
}

/** A base chain of somebody else. */
export interface ForeignChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook: string;
  readonly policy: 'accept' | 'drop';
}

/** Filters of others, as they were read. */
export interface ForeignFilters {
  readonly base: readonly ForeignChain[];
  /** Rules by family, table and chain; each a list of statements. */
  readonly rules: ReadonlyMap<string, readonly (readonly unknown[])[]>;
}

export type Passage = 'passes' | 'dropped' | 'depends';

type Fields = Readonly<Record<string, unknown>>;
/** What becomes of a packet in a chain; `return`: it goes on in the chain that called. */
type Outcome = 'accept' | 'drop' | 'return';
type Match = 'yes' | 'no' | 'maybe';

/** Deeper than any ruleset: the kernel allows 16 jumps. */
const MOST_JUMPS = 16;

/** Reads what nft printed. Without our own table. @throws SyntaxError where it is no JSON. */
export function foreignFiltersIn(json: string): ForeignFilters {
  const listed = fieldsOf(JSON.parse(json))?.nftables;
  const base: ForeignChain[] = [];
  const rules = new Map<string, (readonly unknown[])[]>();
  for (const item of Array.isArray(listed) ? (listed as readonly unknown[]) : []) {
    const chain = fieldsOf(fieldsOf(item)?.chain);
    if (chain !== undefined && typeof chain.hook === 'string' && isForeignIpv4(chain)) {
      base.push({
        family: textOf(chain.family),
        table: textOf(chain.table),
        name: textOf(chain.name),
        hook: chain.hook,
        policy: chain.policy === 'drop' ? 'drop' : 'accept',
      });
    }
    const rule = fieldsOf(fieldsOf(item)?.rule);
    if (rule === undefined || !Array.isArray(rule.expr)) continue;
    const key = chainKey(textOf(rule.family), textOf(rule.table), textOf(rule.chain));
    const known = rules.get(key);
    if (known === undefined) rules.set(key, [rule.expr]);
    else known.push(rule.expr);
  }
  return { base, rules };
}

/** What this base chain does with the packet. */
export function passageOf(filters: ForeignFilters, chain: ForeignChain, packet: SamplePacket): Passage {
  const outcomes = new Set(
    [...walk(filters, chain, chain.name, packet, 0)].map((each) => (each === 'return' ? chain.policy : each)),
  );
  if (outcomes.size > 1) return 'depends';
  return outcomes.has('drop') ? 'dropped' : 'passes';
}

function isForeignIpv4({ family, table }: Fields): boolean {
  if (family !== 'ip' && family !== 'inet') return false;
  return !(family === NFT_FAMILY && table === NFT_TABLE);
}

function walk(
  filters: ForeignFilters,
  base: ForeignChain,
  name: string,
  packet: SamplePacket,
  depth: number,
): ReadonlySet<Outcome> {
  const outcomes = new Set<Outcome>();
  if (depth > MOST_JUMPS) return outcomes.add('return');
  for (const rule of filters.rules.get(chainKey(base.family, base.table, name)) ?? []) {
    const { match, verdict } = readRule(rule, packet);
    if (match === 'no' || verdict === undefined) continue;
    const results = resultsOf(verdict, (target) => walk(filters, base, target, packet, depth + 1));
    for (const result of results.ends) outcomes.add(result);
    if (match === 'yes' && !results.goesOn) return outcomes;
  }
  return outcomes.add('return');
}

type Verdict =
  { readonly kind: Outcome } | { readonly kind: 'jump' | 'goto'; readonly target: string } | { readonly kind: 'any' };

/** What a verdict ends with, and whether the packet may come to the next rule. */
function resultsOf(
  verdict: Verdict,
  walkTo: (target: string) => ReadonlySet<Outcome>,
): { readonly ends: readonly Outcome[]; readonly goesOn: boolean } {
  switch (verdict.kind) {
    case 'jump': {
      const results = [...walkTo(verdict.target)];
      return { ends: results.filter((each) => each !== 'return'), goesOn: results.includes('return') };
    }
    case 'goto':
      return { ends: [...walkTo(verdict.target)], goesOn: false };
    case 'any':
      return { ends: ['accept', 'drop'], goesOn: true };
    default:
      return { ends: [verdict.kind], goesOn: false };
  }
}

function readRule(
  statements: readonly unknown[],
  packet: SamplePacket,
): { readonly match: Match; readonly verdict: Verdict | undefined } {
  let match: Match = 'yes';
  for (const statement of statements) {
    const fields = fieldsOf(statement);
    if (fields === undefined) continue;
    const verdict = verdictOf(fields);
    if (verdict !== undefined) return { match, verdict };
    const here = matchOf(fields, packet);
    if (here === 'no') return { match: 'no', verdict: undefined };
    if (here === 'maybe') match = 'maybe';
  }
  return { match, verdict: undefined };
}

function verdictOf(fields: Fields): Verdict | undefined {
  if ('accept' in fields) return { kind: 'accept' };
  if ('drop' in fields || 'reject' in fields) return { kind: 'drop' };
  if ('return' in fields) return { kind: 'return' };
  for (const kind of ['jump', 'goto'] as const) {
    const target = fieldsOf(fields[kind])?.target;
    if (target !== undefined) return { kind, target: textOf(target) };
  }
  const extension = fieldsOf(fields.xt);
  if (extension?.type === 'target' && ['REJECT', 'DROP'].includes(textOf(extension.name))) return { kind: 'drop' };
  return 'vmap' in fields || 'queue' in fields ? { kind: 'any' } : undefined;
}

/** Statements that are no matches always hold. */
function matchOf(fields: Fields, packet: SamplePacket): Match {
  if ('limit' in fields || 'xt' in fields || 'quota' in fields) return 'maybe';
  const match = fieldsOf(fields.match);
  if (match === undefined) return 'yes';
  const isEqual = compare(fieldsOf(match.left) ?? {}, match.right, packet);
  switch (match.op) {
    case '==':
    case 'in':
      return isEqual;
    case '!=':
      return isEqual === 'maybe' ? 'maybe' : isEqual === 'yes' ? 'no' : 'yes';
    default:
      return 'maybe';
  }
}

function compare(left: Fields, right: unknown, packet: SamplePacket): Match {
  const meta = fieldsOf(left.meta)?.key;
  switch (meta) {
    case 'iifname':
    case 'iif':
      return among(right, (value) => sameName(value, packet.inputInterface));
    case 'oifname':
    case 'oif':
      return among(right, (value) => packet.outputInterface !== undefined && sameName(value, packet.outputInterface));
    case 'l4proto':
      return among(right, (value) => value === packet.protocol);
    case 'nfproto':
      return among(right, (value) => value === 'ipv4');
    default:
  }
  const ct = fieldsOf(left.ct)?.key;
  if (ct === 'state') return among(right, (value) => value === 'new');
  if (ct === 'status') return among(right, () => false);
  const payload = fieldsOf(left.payload);
  if (payload === undefined) return 'maybe';
  const { protocol, field } = payload;
  if (protocol === 'icmp' || protocol === 'icmpv6' || protocol === 'ip6') return 'no';
  if ((protocol === 'tcp' || protocol === 'udp') && protocol !== packet.protocol) return 'no';
  if (protocol === 'ip' && field === 'protocol') return among(right, (value) => value === packet.protocol);
  if (field === 'dport' && packet.destinationPort !== undefined) {
    return among(right, (value) => value === packet.destinationPort);
  }
  return 'maybe';
}

/** Whether any of the values on the right side is the one; `maybe` where they cannot be read. */
function among(right: unknown, isTheOne: (value: string | number) => boolean): Match {
  const set = fieldsOf(right)?.set;
  const values: readonly unknown[] = Array.isArray(set) ? set : Array.isArray(right) ? right : [right];
  let known: Match = 'no';
  for (const value of values) {
    if ((typeof value !== 'string' && typeof value !== 'number') || String(value).startsWith('@')) known = 'maybe';
    else if (isTheOne(value)) return 'yes';
  }
  return known;
}

function sameName(pattern: string | number, name: string): boolean {
  const text = String(pattern);
  return text.endsWith('*') ? name.startsWith(text.slice(0, -1)) : text === name;
}

function chainKey(family: string, table: string, chain: string): string {
  return `${family} ${table} ${chain}`;
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
