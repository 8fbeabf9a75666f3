/**
 * The names that ip prints for rtnetlink's numbers. `ip -N` prints the numbers, plain `ip` the names, which an administrator may
 * extend in /etc/iproute2; both forms are understood here, and the numbers are what the rest of the code compares.
 */
const tables: Readonly<Record<string, number>> = { unspec: 0, default: 253, main: 254, local: 255 };

const protocols: Readonly<Record<string, number>> = {
  unspec: 0,
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  gated: 8,
  ra: 9,
  mrt: 10,
  zebra: 11,
  bird: 12,
  dnrouted: 13,
  xorp: 14,
  ntk: 15,
  dhcp: 16,
  keepalived: 18,
  babel: 42,
  bgp: 186,
  isis: 187,
  ospf: 188,
  rip: 189,
  eigrp: 192,
};

const types: Readonly<Record<number, string>> = {
  0: 'none',
  1: 'unicast',
  2: 'local',
  3: 'broadcast',
  4: 'anycast',
  5: 'multicast',
  6: 'blackhole',
  7: 'unreachable',
  8: 'prohibit',
  9: 'throw',
  10: 'nat',
  11: 'xresolve',
};

const scopes: Readonly<Record<number, string>> = { 0: 'global', 200: 'site', 253: 'link', 254: 'host', 255: 'nowhere' };

/** The main routing table, RT_TABLE_MAIN. */
export const mainTable = 254;

/** RTPROT_UNSPEC: nobody said who owns this rule or route. */
export const unspecifiedProtocol = 0;

export function tableNumber(printed: unknown): number | undefined {
  return numberOf(printed, tables);
}

export function protocolNumber(printed: unknown): number | undefined {
  return numberOf(printed, protocols);
}

/** A route's type or a rule's action: 'unicast', 'unreachable', ...; an unknown one stays as printed. */
export function typeName(printed: unknown): string | undefined {
  return nameOf(printed, types);
}

export function scopeName(printed: unknown): string | undefined {
  return nameOf(printed, scopes);
}

/** `0x1f`, `31` or 31. */
export function integerOf(printed: unknown): number | undefined {
  if (typeof printed === 'number') return Number.isSafeInteger(printed) ? printed : undefined;
  if (typeof printed !== 'string' || !/^(0x[0-9a-f]+|[0-9]+)$/i.test(printed)) return undefined;
  const value = Number(printed);
  return Number.isSafeInteger(value) ? value : undefined;
}

function numberOf(printed: unknown, names: Readonly<Record<string, number>>): number | undefined {
  const number = integerOf(printed);
  if (number !== undefined) return number;
  return typeof printed === 'string' && Object.hasOwn(names, printed) ? names[printed] : undefined;
}

function nameOf(printed: unknown, names: Readonly<Record<number, string>>): string | undefined {
  const number = integerOf(printed);
  if (number !== undefined) return names[number] ?? String(number);
  return typeof printed === 'string' ? printed : undefined;
}
