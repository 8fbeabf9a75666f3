import { isIP } from 'node:net';

import { systemClock, whenAborted } from '../../clock/index.js';
import { asSocketError } from '../socket-error.js';
import { sourceFamilies } from '../source-address.js';
import { TrafficTally, type Traffic } from '../traffic.js';
import type { IpFamily, Limits, Uplink } from '../uplink.js';
import { askServers } from './ask-servers.js';
import { DnsError } from './dns-error.js';

/** A name to look up. */
export interface ResolveOptions extends Limits {
  readonly hostName: string;
  /** IP addresses, in the order in which they are asked. */
  readonly servers: readonly string[];
  /** Which kinds of addresses are wanted. Of several, those in which the port has no address are left out. */
  readonly families: readonly IpFamily[];
}

/** What a name stands for. */
export interface Resolution {
  /** IPv4 first, where both were wanted. */
  readonly addresses: readonly string[];
  /** How long it holds: the least along the chain of aliases. */
  readonly ttlMs: number;
  readonly traffic: Traffic;
}

/** An alias chain that is longer goes in circles. */
const MOST_ALIAS_LOOKUPS = 8;
/** RFC 8305, 3: how long an answer waits for that of the other family. */
const OTHER_FAMILY_DELAY_MS = 50;

/**
 * Looks up a name over a port, with that port's name servers: whatever the system resolver, or another port's servers,
 * would say. UDP, and TCP where an answer does not fit; aliases are followed. Uses no thread of Node's pool. An address
 * is its own answer.
 * @throws DnsError (a rejection)
 */
export async function resolve(uplink: Uplink, options: ResolveOptions): Promise<Resolution> {
  const { hostName, servers, families } = options;
  const tally = new TrafficTally();
  if (isIP(hostName) !== 0) return { addresses: [hostName], ttlMs: Number.POSITIVE_INFINITY, traffic: tally.total };
  if (!isName(hostName)) throw new DnsError('bad-name', `${JSON.stringify(hostName)} is no host name`);
  if (servers.length === 0) throw new DnsError('no-servers', `no name server is known for ${uplink.interfaceName}`);
  const name = hostName.replace(/\.$/, '');
  const enough = new AbortController();
  const stop = (): void => {
    enough.abort();
  };
  // Not AbortSignal.any, which in Node 20 keeps memory for as long as the caller's signal lives.
  const stopListening = whenAborted(options.signal, stop);
  const limits = { timeoutMs: options.timeoutMs, signal: enough.signal };
  let cancelTimer = (): void => undefined;
  const lookups = usefulFamilies(uplink, families).map(async (family) => {
    const found = await resolveFamily(uplink, { name, family }, servers, limits, tally);
    cancelTimer();
    cancelTimer = systemClock.setTimer(OTHER_FAMILY_DELAY_MS, stop);
    return found;
  });
  const settled = await Promise.allSettled(lookups);
  cancelTimer();
  stopListening();
  const found = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (found.length === 0) throw asDnsError(settled, name, tally.total);
  return {
    addresses: found.flatMap(({ addresses }) => addresses),
    ttlMs: Math.min(...found.map(({ ttlMs }) => ttlMs)),
    traffic: tally.total,
  };
}

/** Addresses of a family in which the port cannot send would be of no use, and the question would cost bytes. */
function usefulFamilies(uplink: Uplink, families: readonly IpFamily[]): readonly IpFamily[] {
  const wanted = [...new Set(families)].sort();
  if (wanted.length < 2) return wanted;
  const usable = sourceFamilies(uplink);
  const useful = wanted.filter((family) => usable.includes(family));
  // Then the sockets will say what is wrong.
  return useful.length === 0 ? wanted : useful;
}

interface Found {
  readonly addresses: readonly string[];
  readonly ttlMs: number;
}

async function resolveFamily(
  uplink: Uplink,
  question: { readonly name: string; readonly family: IpFamily },
  servers: readonly string[],
  limits: Limits,
  tally: TrafficTally,
): Promise<Found> {
  const dueMs = systemClock.monotonicMs() + limits.timeoutMs;
  let { name } = question;
  let chainTtlMs = Number.POSITIVE_INFINITY;
  for (let lookups = 0; lookups < MOST_ALIAS_LOOKUPS; lookups += 1) {
    const timeoutMs = Math.max(0, dueMs - systemClock.monotonicMs());
    const conclusion = await askServers(uplink, { ...question, name }, servers, { ...limits, timeoutMs }, tally);
    switch (conclusion.kind) {
      case 'addresses':
        return { addresses: conclusion.addresses, ttlMs: Math.min(chainTtlMs, conclusion.ttlMs) };
      case 'alias':
        chainTtlMs = Math.min(chainTtlMs, conclusion.ttlMs);
        ({ name } = conclusion);
        break;
      case 'no-such-name':
        throw new DnsError('no-such-name', `there is no name ${name}`, tally.total);
      case 'no-address':
        throw new DnsError('no-address', `${name} has no address of IPv${question.family}`, tally.total);
      case 'blocked':
        throw new DnsError(
          'no-address',
          `${name} is blocked by the name server: it says ${conclusion.addresses.join(', ')}`,
          tally.total,
        );
    }
  }
  throw new DnsError('no-address', `the aliases of ${question.name} lead to no address`, tally.total);
}

/** The failure of the first family that was wanted, since the others fail alike or matter less. */
function asDnsError(settled: readonly PromiseSettledResult<Found>[], name: string, traffic: Traffic): DnsError {
  const [first] = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  if (first instanceof DnsError) return new DnsError(first.failure, first.message, traffic);
  return first === undefined
    ? new DnsError('no-address', `no kind of address of ${name} is wanted`, traffic)
    : new DnsError('local', asSocketError(first, `looking up ${name}`).message, traffic);
}

/** What fits into a question: labels of 1 to 63 printable characters, 253 in all (RFC 1035, 2.3.4). */
function isName(text: string): boolean {
  const name = text.replace(/\.$/, '');
  return name.length <= 253 && /^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$/.test(name);
}
