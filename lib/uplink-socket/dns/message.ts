import { isIP } from 'node:net';

import { decode, encode, RECURSION_DESIRED, type Answer, type DecodedPacket } from 'dns-packet';

import type { IpFamily } from '../uplink.js';

/** What is asked. */
export interface Question {
  /** Without the root's dot. */
  readonly name: string;
  readonly family: IpFamily;
}

/** What an answer says (RFC 1035, RFC 2308). */
export type Reading =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[]; readonly ttlMs: number }
  /** The chain of aliases leads to a name of which the answer holds no address: ask for that one. */
  | { readonly kind: 'alias'; readonly name: string; readonly ttlMs: number }
  | { readonly kind: 'no-such-name' }
  | { readonly kind: 'no-address' }
  /** Addresses that lead to no host, such as 0.0.0.0: a filter that does not want the name to be reached. */
  | { readonly kind: 'blocked'; readonly addresses: readonly string[] }
  | { readonly kind: 'server-failure'; readonly code: string }
  /** Too long for a datagram: ask again over TCP. */
  | { readonly kind: 'truncated' }
  /** An answer to something else, perhaps forged: to be ignored. */
  | { readonly kind: 'not-ours' }
  | { readonly kind: 'garbage' };

const RESPONSE_CODE_MASK = 0x0f;
const NXDOMAIN = 3;
const codes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const LONGEST_CHAIN = 16;
/** RFC 2181, 8: a TTL with the top bit set counts as 0. */
const GREATEST_TTL_S = 2 ** 31 - 1;

/** A query as it goes into a datagram. */
export function encodeQuery(id: number, { name, family }: Question): Buffer {
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type: typeOf(family), class: 'IN', name }],
  });
}

/** Reads an answer to the query with this number. Never throws. */
export function readAnswer(bytes: Buffer, id: number, question: Question): Reading {
  let packet: DecodedPacket;
  try {
    packet = decode(bytes);
  } catch {
    return { kind: 'garbage' };
  }
  const [asked] = packet.questions ?? [];
  if (packet.type !== 'response' || packet.id !== id) return { kind: 'not-ours' };
  if (asked?.type !== typeOf(question.family) || !isSame(asked.name, question.name)) return { kind: 'not-ours' };
  if (packet.flag_tc) return { kind: 'truncated' };
  const code = (packet.flags ?? 0) & RESPONSE_CODE_MASK;
  if (code === NXDOMAIN) return { kind: 'no-such-name' };
  if (code !== 0) return { kind: 'server-failure', code: codes[code] ?? `RCODE ${code}` };
  return followChain(packet.answers ?? [], question);
}

function followChain(answers: readonly Answer[], { name, family }: Question): Reading {
  let current = name;
  let ttlS = GREATEST_TTL_S;
  for (let length = 0; length < LONGEST_CHAIN; length += 1) {
    const records = answers.filter((answer) => isSame(answer.name, current));
    const found = records.flatMap((record) => (record.type === typeOf(family) ? [record] : []));
    if (found.length > 0) {
      for (const { ttl } of found) ttlS = Math.min(ttlS, ttlOf(ttl));
      // dns-packet reads on beyond the end of an answer that was cut.
      if (found.some(({ data }) => isIP(data) !== family)) return { kind: 'garbage' };
      const addresses = [...new Set(found.map(({ data }) => data))];
      const usable = addresses.filter(leadsToAHost);
      return usable.length > 0
        ? { kind: 'addresses', addresses: usable, ttlMs: ttlS * 1000 }
        : { kind: 'blocked', addresses };
    }
    const alias = records.find((record) => record.type === 'CNAME');
    if (alias?.type !== 'CNAME') break;
    ttlS = Math.min(ttlS, ttlOf(alias.ttl));
    current = alias.data;
  }
  return isSame(current, name) ? { kind: 'no-address' } : { kind: 'alias', name: current, ttlMs: ttlS * 1000 };
}

/** Not "this host", loopback or multicast (RFC 6890). */
function leadsToAHost(address: string): boolean {
  if (isIP(address) === 6) return address !== '::' && address !== '::1' && !/^(ff|::ffff:)/i.test(address);
  const first = Number(address.split('.')[0]);
  return first > 0 && first !== 127 && first < 224;
}

function ttlOf(ttl: number | undefined): number {
  return ttl === undefined || ttl > GREATEST_TTL_S ? 0 : ttl;
}

function typeOf(family: IpFamily): 'A' | 'AAAA' {
  return family === 4 ? 'A' : 'AAAA';
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
