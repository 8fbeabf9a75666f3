import { isIPv6 } from 'node:net';
import { numberField, parseEach, stringField, type JsonObject } from './fields.js';
import { integerOf, protocolNumber, tableNumber, typeName, unspecifiedProtocol } from './rtnetlink-names.js';

/** One policy routing rule, as `ip -j -d rule show` prints it. */
export interface IpRule {
  /** The preference: rules are tried from the lowest to the highest. */
  readonly priority: number;
  /** An address, or 'all'. */
  readonly src: string;
  /** 0 for 'all'. */
  readonly srclen: number;
  /** An address, or 'all'. */
  readonly dst: string;
  /** 0 for 'all'. */
  readonly dstlen: number;
  readonly fwmark: number | undefined;
  /** All ones where a mark is given without a mask. */
  readonly fwmask: number | undefined;
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  /** Where action is 'lookup'. */
  readonly table: number | undefined;
  /** 'lookup', 'goto', 'nop', 'unreachable', 'blackhole', 'prohibit'. */
  readonly action: string;
  readonly protocol: number;
  /** Whether the selector is inverted. */
  readonly not: boolean;
  readonly suppressPrefixLength: number | undefined;
  /** Names of selectors and attributes that this type does not model: a rule that has any is not one that we wrote. */
  readonly unmodelled: readonly string[];
}

const modelled = new Set([
  'priority',
  'src',
  'srclen',
  'dst',
  'dstlen',
  'fwmark',
  'fwmask',
  'iif',
  'oif',
  'table',
  'action',
  'protocol',
  'not',
  'suppress_prefixlen',
]);

const fullMask = 0xffff_ffff;

/** The rules in the output of `ip -j -d rule show`; what is not understood is left out. Never throws. */
export function parseRules(json: unknown): readonly IpRule[] {
  return parseEach(json, parseRule);
}

function parseRule(object: JsonObject): IpRule | undefined {
  const priority = numberField(object, 'priority');
  if (priority === undefined) return undefined;
  const table = object.table === undefined ? undefined : tableNumber(object.table);
  if (object.table !== undefined && table === undefined) return undefined;
  const src = stringField(object, 'src') ?? 'all';
  const dst = stringField(object, 'dst') ?? 'all';
  const fwmark = integerOf(object.fwmark);
  return {
    priority,
    src,
    srclen: numberField(object, 'srclen') ?? lengthOf(src),
    dst,
    dstlen: numberField(object, 'dstlen') ?? lengthOf(dst),
    fwmark,
    fwmask: fwmark === undefined ? undefined : (integerOf(object.fwmask) ?? fullMask),
    iif: stringField(object, 'iif'),
    oif: stringField(object, 'oif'),
    table,
    action: actionOf(object),
    protocol: protocolNumber(object.protocol) ?? unspecifiedProtocol,
    not: 'not' in object,
    suppressPrefixLength: numberField(object, 'suppress_prefixlen'),
    unmodelled: Object.keys(object).filter((key) => !modelled.has(key)),
  };
}

function actionOf(object: JsonObject): string {
  if (object.table !== undefined || 'l3mdev' in object) return 'lookup';
  if (object.goto !== undefined) return 'goto';
  return typeName(object.action) ?? 'nop';
}

/** ip leaves the length out where it is the address's whole length. */
function lengthOf(address: string): number {
  if (address === 'all') return 0;
  return isIPv6(address) ? 128 : 32;
}
