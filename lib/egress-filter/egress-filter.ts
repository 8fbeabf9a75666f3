/** Addresses from one to another, both included, as dotted texts. */
export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

/**
 * A filter on what leaves by an interface (tc-bpf(8), of the `clsact` qdisc's egress): IPv4 packets from these
 * addresses go no further. It lives in the interface, and goes with it; neither rules of routing nor rulesets of nft
 * have a part in it.
 */
export interface EgressFilter {
  readonly dev: string;
  /** By it, with others of the interface, in ascending order. */
  readonly preference: number;
  /** Tells apart those of one preference. From 1. */
  readonly handle: number;
  /** Ascending, with a gap between any two, `MOST_REFUSED_RANGES` at most. None: it is not a filter of this kind. */
  readonly refusedSources: readonly AddressRange[];
}

/**
 * So many ranges fit into one filter: older kernels delete none that they cannot tell of in one page (3,776 bytes of
 * netlink), and jumps reach no further than 255 instructions.
 */
export const MOST_REFUSED_RANGES = 64;

/** Which filter it is. */
export function egressFilterKey({ dev, preference, handle }: Omit<EgressFilter, 'refusedSources'>): string {
  return `dev ${dev} pref ${preference} handle ${handle}`;
}

/** The words of `tc`, with the addresses in place of the bytecode. */
export function formatEgressFilter(filter: EgressFilter): string {
  const sources = filter.refusedSources.map(({ first, last }) => `${first}-${last}`).join(', ');
  return `${egressFilterKey(filter)} egress bpf direct-action drop from ${sources}`;
}

export function sameEgressFilter(a: EgressFilter, b: EgressFilter): boolean {
  return a === b || formatEgressFilter(a) === formatEgressFilter(b);
}
