/** Netfilter's part of netlink (linux/netfilter/nfnetlink.h, nf_tables.h, nfnetlink_conntrack.h). */
export const NFNL_SUBSYS = { conntrack: 1, nftables: 10 } as const;

/** Address families as netfilter numbers them. */
export type NftFamily = keyof typeof NFPROTO;

export const NFPROTO = { inet: 1, ip: 2, arp: 3, netdev: 5, bridge: 7, ip6: 10 } as const;

export function messageType(subsystem: number, type: number): number {
  return (subsystem << 8) | type;
}

/** The header of every message to netfilter; `resource` is in network byte order. */
export function nfgenmsg(family: number, version = 0, resource = 0): readonly number[] {
  return [family, version, resource >> 8, resource & 0xff];
}

export const NFGENMSG_BYTES = 4;
