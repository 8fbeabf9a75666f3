import type { FaultKind, PortName } from '../../lab/index.js';
import type { Claim } from './claim.js';

/*
 * The law: whenever status says verified for 10 s, an app's new TCP connection, UDP exchange and 1,400-byte packet to
 * the internet succeed over exactly the port that it says. Where it says that a target is reached by TCP connect only,
 * the same holds, but where somebody on the way accepts connections in the target's place; nothing leaves by another
 * port there, either.
 */

/** Status must have said so for this long. */
export const VERIFIED_MS = 10_000;

/** Time to find out that something has changed, with an app that tries everything: what the tests promise. */
export function allowanceMs(kind: FaultKind): number {
  return allowances[kind] ?? 10_000;
}

const allowances: Readonly<Partial<Record<FaultKind, number>>> = { 'large-dropped': 30_000 };

/** What was said at a moment. */
export interface ClaimAt {
  readonly atMs: number;
  readonly claim: Claim;
}

/** Something that happened to the ship, and until when nobody must have noticed. */
export interface Change {
  readonly atMs: number;
  readonly allowanceMs: number;
}

/** What is claimed, and from when on the law holds for it. */
export interface Bound {
  readonly kind: 'verified' | 'reached';
  readonly port: PortName;
  readonly fromMs: number;
}

/**
 * From when on the law holds, for the port that is claimed last: undefined where nothing is claimed. Claims are in the
 * order of time.
 */
export function boundFrom(claims: readonly ClaimAt[], changes: readonly Change[]): Bound | undefined {
  const last = claims.at(-1);
  if (last === undefined || last.claim.kind === 'unverified') return undefined;
  const { kind, port } = last.claim;
  const isOther = ({ claim }: ClaimAt): boolean => claim.kind !== kind || claim.port !== port;
  const before = claims.findLastIndex(isOther);
  const sinceMs = claims[before + 1]?.atMs ?? last.atMs;
  const noticedMs = Math.max(...changes.map((change) => change.atMs + change.allowanceMs), Number.NEGATIVE_INFINITY);
  return { kind, port, fromMs: Math.max(sinceMs, noticedMs) + VERIFIED_MS };
}

export const tryKinds = ['tcp', 'udp', 'large'] as const;
export type TryKind = (typeof tryKinds)[number];

/** Something that an app tried, and what came of it: the source that the internet saw, or an error. */
export interface Try {
  readonly kind: TryKind;
  readonly begunMs: number;
  readonly outcome: { readonly source: string } | { readonly error: string };
}

/** What was seen while the law held. */
export interface Observation {
  readonly port: PortName;
  /** False: somebody on the way answers in the target's place, and status says that it could be so. */
  readonly promisesAWayOut: boolean;
  /** Under which the internet sees the port. */
  readonly publicAddress: string;
  readonly tries: readonly Try[];
  /** The app's packets that ISPs of other ports have seen. */
  readonly elsewhere: ReadonlyMap<PortName, number>;
}

const names: Readonly<Record<TryKind, string>> = {
  tcp: 'new TCP connection',
  udp: 'UDP exchange',
  large: '1,400-byte packet',
};

/** Each way in which it breaks the law, in words; none where it does not. One success of a kind is enough. */
export function violationsOf({
  port,
  promisesAWayOut,
  publicAddress,
  tries,
  elsewhere,
}: Observation): readonly string[] {
  const failures = tryKinds.flatMap((kind) => {
    const ofKind = tries.filter((each) => each.kind === kind);
    const sources = ofKind.flatMap(({ outcome }) => ('source' in outcome ? [outcome.source] : []));
    const errors = ofKind.flatMap(({ outcome }) => ('error' in outcome ? [outcome.error] : []));
    const strangers = [...new Set(sources)].filter((source) => source !== publicAddress);
    return [
      ...(sources.length > 0 || !promisesAWayOut
        ? []
        : [`none of ${ofKind.length} tries of a ${names[kind]} succeeded: ${[...new Set(errors)].join(', ')}`]),
      ...strangers.map((source) => `a ${names[kind]} came from ${source}, and ${port} is ${publicAddress}`),
    ];
  });
  const leaks = [...elsewhere].filter(([other, packets]) => other !== port && packets > 0);
  return [...failures, ...leaks.map(([other, packets]) => `${packets} packets of the app left by ${other}`)];
}
