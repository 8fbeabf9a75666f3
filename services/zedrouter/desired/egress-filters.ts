import { EGRESS_FILTER_PREFERENCE } from '../../../lib/dataplane-layout/index.js';
import {
  egressFilterKey,
  MOST_REFUSED_RANGES,
  type AddressRange,
  type EgressFilter,
} from '../../../lib/egress-filter/index.js';
import type { Prefix } from '../../../lib/netlink/index.js';
import { oncePer } from '../../../lib/once/index.js';
import type { PortFacts } from './inputs.js';
import { addressNumber, ipv4Text } from '../../../lib/ipv4/index.js';
import type { Placement } from './placement.js';

/** Ranges of addresses, as many as one filter takes. */
type Refused = readonly (readonly AddressRange[])[];

/**
 * The third line of defence, which is neither in the nft table nor among the rules: what leaves by a port with an
 * address of a network instance as its source has not been translated, and goes no further, whoever has deleted what.
 * `placements`: of the network instances that are in service; the subnet of one that is not is a port's.
 */
export function egressFilters(
  placements: readonly Placement[],
  ports: readonly PortFacts[],
): ReadonlyMap<string, EgressFilter> {
  const refused = refusedSources(placements);
  const filters = ports.flatMap(({ interfaceName: dev, link }) =>
    link === 'missing'
      ? []
      : refused.map((refusedSources, index) => ({
          ...{ dev, preference: EGRESS_FILTER_PREFERENCE, handle: index + 1 },
          refusedSources,
        })),
  );
  return new Map(filters.map((filter) => [egressFilterKey(filter), filter]));
}

/** Nearly always all are in service, which is the same list: then a switch need not think of this again. */
const refusedSources = oncePer((placements: readonly Placement[]): Refused => {
  const ranges = joined(placements.map(({ subnet }) => subnet));
  const chunks = Math.ceil(ranges.length / MOST_REFUSED_RANGES);
  return Array.from({ length: chunks }, (_, chunk) =>
    ranges.slice(chunk * MOST_REFUSED_RANGES, (chunk + 1) * MOST_REFUSED_RANGES),
  );
});

/** As few ranges as say the same. */
function joined(subnets: readonly Prefix[]): readonly AddressRange[] {
  const ranges: { first: number; last: number }[] = [];
  const sorted = subnets
    .map(({ address, length }) => ({ first: addressNumber(address), size: 2 ** (32 - length) }))
    .sort((a, b) => a.first - b.first);
  for (const { first, size } of sorted) {
    const last = first + size - 1;
    const before = ranges.at(-1);
    if (before === undefined || first > before.last + 1) ranges.push({ first, last });
    else before.last = Math.max(before.last, last);
  }
  return ranges.map(({ first, last }) => ({ first: ipv4Text(first), last: ipv4Text(last) }));
}
