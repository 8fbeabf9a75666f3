import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import { readCountedElements } from '../../../lib/netlink/index.js';
import { DENIED_SET } from '../desired/ruleset.js';

/** What an app's access list has denied, by the entry that decided. */
export interface Denials {
  readonly bridge: string;
  readonly address: string;
  /** As `entryMark` has it; 0: the implicit last entry. */
  readonly entry: number;
  readonly packets: number;
}

/**
 * What access lists have denied so far; an entry that has denied nothing for a week is left out.
 * @throws NetlinkError
 */
export function readDenials(namespace: string | undefined): readonly Denials[] {
  const place = { family: NFT_FAMILY, table: NFT_TABLE, set: DENIED_SET, namespace } as const;
  return (readCountedElements({ ...place, key: ['ifname', 'ipv4_addr', 'mark'] }) ?? []).map(
    ({ key: [bridge, address, entry], packets }) => ({
      bridge: String(bridge),
      address: String(address),
      entry: Number(entry),
      packets,
    }),
  );
}
