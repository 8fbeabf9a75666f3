import { AF_INET, addressText } from './addresses.js';
import { attributes, text, type Message } from './message-reader.js';
import { FLAG, MessageWriter } from './message-writer.js';
import type { NetlinkSocket } from './netlink-socket.js';
import { wholeListing } from './refusals.js';
import { FRA, HEADER, RTM } from './rtnetlink.js';

/** A rule with the fields of `ip -j -d -N rule show` that ip-json/rules.ts reads. */
export type RuleObject = Readonly<Record<string, string | number | null>>;

const FR_ACT = { toTable: 1, goto: 2, nop: 3 } as const;
const FIB_RULE_INVERT = 2;
/** FRA_SUPPRESS_PREFIXLEN of a rule that suppresses nothing. */
const NO_PREFIX_LENGTH = 0xffff_ffff;

const known: ReadonlySet<number> = new Set(Object.values(FRA));

/** The IPv4 rules, in the order in which they are tried. */
export function readRules(socket: NetlinkSocket): readonly RuleObject[] {
  const writer = new MessageWriter();
  const sequence = writer.message(RTM.getRule, FLAG.dump, () => {
    writer.raw([AF_INET, ...new Array<number>(HEADER.rule - 1).fill(0)]);
  });
  return wholeListing(socket, 'rule show', writer.bytes, sequence, ruleIn);
}

function ruleIn({ type, body }: Message): RuleObject | undefined {
  if (type !== RTM.newRule) return undefined;
  const fields = attributes(body, HEADER.rule);
  const u32 = (attribute: number): number | undefined => fields.get(attribute)?.readUInt32LE();
  const suppressed = u32(FRA.suppressPrefixLength);
  return withoutUndefined({
    priority: u32(FRA.priority) ?? 0,
    not: (body.readUInt32LE(8) & FIB_RULE_INVERT) === 0 ? undefined : null,
    ...prefix('src', fields.get(FRA.source), body.readUInt8(2)),
    ...prefix('dst', fields.get(FRA.destination), body.readUInt8(1)),
    tos: body.readUInt8(3) === 0 ? undefined : body.readUInt8(3),
    // A mask alone selects unmarked packets.
    fwmark: u32(FRA.mark) ?? (u32(FRA.mask) === undefined ? undefined : 0),
    fwmask: u32(FRA.mask),
    iif: nameIn(fields.get(FRA.inputInterface)),
    oif: nameIn(fields.get(FRA.outputInterface)),
    suppress_prefixlen: suppressed === NO_PREFIX_LENGTH ? undefined : suppressed,
    ...action(body.readUInt8(7), u32(FRA.table) ?? body.readUInt8(4), u32(FRA.goto)),
    protocol: fields.get(FRA.protocol)?.readUInt8(),
    // Selectors that nothing here knows, by number: such a rule is never taken for one of ours.
    ...Object.fromEntries([...fields.keys()].filter((one) => !known.has(one)).map((one) => [`attribute ${one}`, null])),
  });
}

function prefix(name: 'src' | 'dst', address: Buffer | undefined, length: number): RuleObject {
  return { [name]: address === undefined ? 'all' : addressText(address), [`${name}len`]: length };
}

function action(number: number, table: number, target: number | undefined): RuleObject {
  switch (number) {
    case FR_ACT.toTable:
      return { table };
    case FR_ACT.goto:
      return { goto: target ?? null };
    case FR_ACT.nop:
      return { nop: null };
    default:
      return { action: String(number) };
  }
}

function nameIn(value: Buffer | undefined): string | undefined {
  return value === undefined ? undefined : text(value);
}

function withoutUndefined(fields: Readonly<Record<string, string | number | null | undefined>>): RuleObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
