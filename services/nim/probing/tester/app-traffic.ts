import { NFT_FAMILY, NFT_TABLE, PORT_DOWN_SET, PORT_UP_SET } from '../../../../lib/dataplane-layout/index.js';
import type { TrafficCount } from '../../../../lib/decision/schedule/index.js';
import { readSetCounters } from '../../../../lib/netlink/index.js';

const table = { family: NFT_FAMILY, table: NFT_TABLE } as const;

/** Packets and bytes of apps over a port. */
export interface AppTraffic extends TrafficCount {
  readonly upBytes: number;
  readonly downBytes: number;
}

/**
 * What apps have sent and received, by the interface of the port; undefined while zedrouter's table is not there.
 * @throws NetlinkError
 */
export function readAppTraffic(namespace: string | undefined): ReadonlyMap<string, AppTraffic> | undefined {
  const up = readSetCounters({ ...table, set: PORT_UP_SET, namespace });
  const down = readSetCounters({ ...table, set: PORT_DOWN_SET, namespace });
  if (up === undefined || down === undefined) return undefined;
  return new Map(
    [...up].map(([interfaceName, sent]) => {
      const received = down.get(interfaceName) ?? { packets: 0, bytes: 0 };
      return [
        interfaceName,
        { upPackets: sent.packets, downPackets: received.packets, upBytes: sent.bytes, downBytes: received.bytes },
      ];
    }),
  );
}
