import {
  NFT_FAMILY,
  NFT_TABLE,
  PORT_DOWN_SET,
  PORT_UP_SET,
  TCP_DOWN_SET,
  TCP_OPEN_SET,
  TCP_UP_SET,
} from '../../../../lib/dataplane-layout/index.js';
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
  const read = (set: string) => readSetCounters({ ...table, set, namespace });
  const up = read(PORT_UP_SET);
  const down = read(PORT_DOWN_SET);
  if (up === undefined || down === undefined) return undefined;
  // A zedrouter that is older than we does not count these.
  const [opens, tcpUp, tcpDown] = [read(TCP_OPEN_SET), read(TCP_UP_SET), read(TCP_DOWN_SET)];
  return new Map(
    [...up].map(([interfaceName, sent]) => {
      const received = down.get(interfaceName) ?? { packets: 0, bytes: 0 };
      return [
        interfaceName,
        {
          ...{ upPackets: sent.packets, downPackets: received.packets, upBytes: sent.bytes, downBytes: received.bytes },
          tcpOpens: opens?.get(interfaceName)?.packets ?? 0,
          tcpUpPackets: tcpUp?.get(interfaceName)?.packets ?? 0,
          tcpDownPackets: tcpDown?.get(interfaceName)?.packets ?? 0,
          tcpDownBytes: tcpDown?.get(interfaceName)?.bytes ?? 0,
        },
      ];
    }),
  );
}
