import {
  addressBytes,
  AF_INET,
  familyNumber,
  familyOf,
  formatPrefix,
  prefixIn,
  samePrefix,
  type Prefix,
} from './ip-address.js';
import { PROTOCOL_NUMBERS } from './element-parts.js';
import { attributes, text, type Message } from './wire/message-reader.js';
import { FLAG, MessageWriter } from './wire/message-writer.js';
import type { NetlinkSocket } from './wire/netlink-socket.js';
import { wholeListing } from './wire/listing.js';
import { FRA, HEADER, LARGEST_TABLE_IN_HEADER, RTM, tableInHeader } from './wire/rtnetlink.js';

/** A rule of policy routing: which packets ask which table. */
export interface Rule {
  /** Rules are tried from the lowest preference to the highest. */
  readonly preference: number;
  /** Where the packet comes from; undefined: anywhere. */
  readonly from: Prefix | undefined;
  readonly mark: { readonly value: number; readonly mask: number } | undefined;
  /** By which interface it came in. */
  readonly inputInterface: string | undefined;
  /** To which interface its sender is bound. */
  readonly outputInterface: string | undefined;
  /** Of which protocol it is, and to which port it goes. */
  readonly destinationPort: { readonly protocol: 'tcp' | 'udp'; readonly port: number } | undefined;
  readonly action: RuleAction;
  /** Who owns it (RTPROT_*). */
  readonly protocol: number;
}

export type RuleAction =
  | {
      readonly kind: 'lookup';
      readonly table: number;
      /** Routes of the table with a prefix of this length or shorter do not count; absent: all count. */
      readonly suppressPrefixLength?: number;
    }
  /** Goes on with the first rule of that preference, a later one; where there is none, with the next. */
  | { readonly kind: 'goto'; readonly preference: number }
  | { readonly kind: 'blackhole' | 'unreachable' | 'prohibit' };

/** linux/fib_rules.h, FR_ACT_* */
const FR_ACT = { lookup: 1, goto: 2, blackhole: 6, unreachable: 7, prohibit: 8 } as const;
const FIB_RULE_INVERT = 2;
/** FRA_SUPPRESS_PREFIXLEN of a rule that suppresses nothing. */
const NO_PREFIX_LENGTH = 0xffff_ffff;
const ALL_BITS = 0xffff_ffff;
const ALL_PORT_BITS = 0xffff;

/** Attributes that a `Rule` can say. */
const MODELLED: ReadonlySet<number> = new Set([
  FRA.source,
  FRA.inputInterface,
  FRA.outputInterface,
  FRA.goto,
  FRA.priority,
  FRA.mark,
  FRA.mask,
  FRA.table,
  FRA.protocol,
  FRA.suppressPrefixLength,
  FRA.ipProtocol,
  FRA.destinationPorts,
  FRA.destinationPortMask,
]);

/** A rule; what is not given does not select. */
export function rule(parts: Pick<Rule, 'preference' | 'action' | 'protocol'> & Partial<Rule>): Rule {
  return {
    ...{ from: undefined, mark: undefined, inputInterface: undefined, outputInterface: undefined },
    ...{ destinationPort: undefined, ...parts },
  };
}

/** Names a rule by all that it says: no two rules of one key say different things. */
export function ruleKey(one: Rule): string {
  return formatRule(one);
}

export function sameRule(a: Rule, b: Rule): boolean {
  return (
    a.preference === b.preference &&
    a.protocol === b.protocol &&
    a.inputInterface === b.inputInterface &&
    a.outputInterface === b.outputInterface &&
    a.destinationPort?.protocol === b.destinationPort?.protocol &&
    a.destinationPort?.port === b.destinationPort?.port &&
    a.mark?.value === b.mark?.value &&
    a.mark?.mask === b.mark?.mask &&
    (a.from === undefined || b.from === undefined ? a.from === b.from : samePrefix(a.from, b.from)) &&
    a.action.kind === b.action.kind &&
    tableOf(a.action) === tableOf(b.action) &&
    targetOf(a.action) === targetOf(b.action) &&
    suppressedBy(a.action) === suppressedBy(b.action)
  );
}

function suppressedBy(action: RuleAction): number | undefined {
  return action.kind === 'lookup' ? action.suppressPrefixLength : undefined;
}

function tableOf(action: RuleAction): number {
  return action.kind === 'lookup' ? action.table : 0;
}

function targetOf(action: RuleAction): number | undefined {
  return action.kind === 'goto' ? action.preference : undefined;
}

/**
 * The IPv4 rules, in the order in which they are tried. Those with a selector or an action that `Rule` cannot say are
 * left out: they are somebody else's. @throws NetlinkError
 */
export function readRules(socket: NetlinkSocket): readonly Rule[] {
  const writer = new MessageWriter();
  const sequence = writer.message(RTM.getRule, FLAG.dump, () => {
    writer.raw([AF_INET, ...new Array<number>(HEADER.rule - 1).fill(0)]);
  });
  return wholeListing(socket, 'rule show', writer.bytes, sequence, ruleIn);
}

/** Asks for a rule to be added, or taken away. */
export function writeRule(writer: MessageWriter, verb: 'add' | 'delete', one: Rule): number {
  const [type, flags] = verb === 'add' ? [RTM.newRule, FLAG.create | FLAG.exclusive] : [RTM.deleteRule, 0];
  const { preference, from, mark, inputInterface, outputInterface, destinationPort, action, protocol } = one;
  const [table, target, suppressed] = [tableOf(action), targetOf(action), suppressedBy(action)];
  return writer.message(type, flags | FLAG.acknowledge, () => {
    const header = Buffer.alloc(HEADER.rule);
    header.writeUInt8(from === undefined ? AF_INET : familyNumber(familyOf(from.address)), 0);
    header.writeUInt8(from?.length ?? 0, 2);
    header.writeUInt8(tableInHeader(table), 4);
    header.writeUInt8(FR_ACT[action.kind], 7);
    writer.raw(header);
    writer.u32(FRA.priority, preference);
    if (target !== undefined) writer.u32(FRA.goto, target);
    if (from !== undefined) writer.bytesAttribute(FRA.source, addressBytes(from.address));
    if (mark !== undefined) {
      writer.u32(FRA.mark, mark.value);
      writer.u32(FRA.mask, mark.mask);
    }
    if (inputInterface !== undefined) writer.string(FRA.inputInterface, inputInterface);
    if (outputInterface !== undefined) writer.string(FRA.outputInterface, outputInterface);
    if (destinationPort !== undefined) {
      writer.u8(FRA.ipProtocol, PROTOCOL_NUMBERS[destinationPort.protocol]);
      const range = Buffer.alloc(4);
      range.writeUInt16LE(destinationPort.port, 0);
      range.writeUInt16LE(destinationPort.port, 2);
      writer.bytesAttribute(FRA.destinationPorts, range);
    }
    if (table > LARGEST_TABLE_IN_HEADER) writer.u32(FRA.table, table);
    if (suppressed !== undefined) writer.u32(FRA.suppressPrefixLength, suppressed);
    writer.u8(FRA.protocol, protocol);
  });
}

/** As the words of `ip rule add`. */
export function formatRule({
  preference,
  from,
  mark,
  inputInterface,
  outputInterface,
  destinationPort,
  action,
  protocol,
}: Rule): string {
  return [
    `pref ${preference}`,
    ...(from === undefined ? [] : [`from ${formatPrefix(from)}`]),
    ...(mark === undefined ? [] : [`fwmark ${formatMarkMatch(mark)}`]),
    ...(inputInterface === undefined ? [] : [`iif ${inputInterface}`]),
    ...(outputInterface === undefined ? [] : [`oif ${outputInterface}`]),
    ...(destinationPort === undefined ? [] : [`ipproto ${destinationPort.protocol} dport ${destinationPort.port}`]),
    formatAction(action),
    `protocol ${protocol}`,
  ].join(' ');
}

function formatMarkMatch({ value, mask }: NonNullable<Rule['mark']>): string {
  const text = `0x${value.toString(16)}`;
  return mask === ALL_BITS ? text : `${text}/0x${mask.toString(16)}`;
}

function formatAction(action: RuleAction): string {
  switch (action.kind) {
    case 'lookup':
      return action.suppressPrefixLength === undefined
        ? `lookup ${action.table}`
        : `lookup ${action.table} suppress_prefixlength ${action.suppressPrefixLength}`;
    case 'goto':
      return `goto ${action.preference}`;
    default:
      return action.kind;
  }
}

function ruleIn({ type, body }: Message): Rule | undefined {
  if (type !== RTM.newRule) return undefined;
  const fields = attributes(body, HEADER.rule);
  const u32 = (attribute: number): number | undefined => fields.get(attribute)?.readUInt32LE();
  const name = (attribute: number): string | undefined => {
    const value = fields.get(attribute);
    return value === undefined ? undefined : text(value);
  };
  const action = actionIn(body.readUInt8(7), {
    table: u32(FRA.table) ?? body.readUInt8(4),
    target: u32(FRA.goto),
    suppressed: u32(FRA.suppressPrefixLength) ?? NO_PREFIX_LENGTH,
  });
  const [destinationLength, typeOfService] = [body.readUInt8(1), body.readUInt8(3)];
  const isInverted = (body.readUInt32LE(8) & FIB_RULE_INVERT) !== 0;
  const isModelled = [...fields.keys()].every((attribute) => MODELLED.has(attribute));
  if (action === undefined || destinationLength > 0 || typeOfService !== 0) return undefined;
  const destinationPort = destinationPortIn(fields);
  if (isInverted || !isModelled || destinationPort === 'other') return undefined;
  const source = fields.get(FRA.source);
  const [mark, mask] = [u32(FRA.mark), u32(FRA.mask)];
  return {
    preference: u32(FRA.priority) ?? 0,
    from: source === undefined ? undefined : prefixIn('inet', source, body.readUInt8(2)),
    // A mask alone selects unmarked packets.
    mark: mark === undefined && mask === undefined ? undefined : { value: mark ?? 0, mask: mask ?? ALL_BITS },
    inputInterface: name(FRA.inputInterface),
    outputInterface: name(FRA.outputInterface),
    destinationPort,
    action,
    protocol: fields.get(FRA.protocol)?.readUInt8() ?? 0,
  };
}

/** Of one protocol and one port; `other`: what a `Rule` cannot say. */
function destinationPortIn(fields: ReadonlyMap<number, Buffer>): Rule['destinationPort'] | 'other' {
  const [number, range] = [fields.get(FRA.ipProtocol)?.readUInt8(), fields.get(FRA.destinationPorts)];
  if (number === undefined && range === undefined) return undefined;
  const [first, last] = [range?.readUInt16LE(0), range?.readUInt16LE(2)];
  // From Linux 6.15 on: which of the port's bits count.
  const mask = fields.get(FRA.destinationPortMask)?.readUInt16LE() ?? ALL_PORT_BITS;
  if (first === undefined || first !== last || mask !== ALL_PORT_BITS) return 'other';
  if (number === PROTOCOL_NUMBERS.udp) return { protocol: 'udp', port: first };
  return number === PROTOCOL_NUMBERS.tcp ? { protocol: 'tcp', port: first } : 'other';
}

/** What the kernel says of an action. */
interface ActionFields {
  readonly table: number;
  readonly target: number | undefined;
  readonly suppressed: number;
}

function actionIn(number: number, { table, target, suppressed }: ActionFields): RuleAction | undefined {
  switch (number) {
    case FR_ACT.lookup:
      return suppressed === NO_PREFIX_LENGTH
        ? { kind: 'lookup', table }
        : { kind: 'lookup', table, suppressPrefixLength: suppressed };
    case FR_ACT.goto:
      return target === undefined ? undefined : { kind: 'goto', preference: target };
    case FR_ACT.blackhole:
      return { kind: 'blackhole' };
    case FR_ACT.unreachable:
      return { kind: 'unreachable' };
    case FR_ACT.prohibit:
      return { kind: 'prohibit' };
    default:
      return undefined;
  }
}
