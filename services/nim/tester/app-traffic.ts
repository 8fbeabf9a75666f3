import { readSetCounters } from 'iproute-exec';

import type { TrafficCount } from '../schedule/index.js';

/** Where zedrouter's rules count what apps send and receive over each port (services/zedrouter/desired/sets.ts). */
const table = { family: 'inet', table: 'eve_uplink' } as const;
const [upSet, downSet] = ['port_up', 'port_down'];

/** Packets and bytes of apps over a port. */
export interface AppTraffic extends TrafficCount {
  readonly upBytes: number;
  readonly downBytes: number;
}

/** What apps have sent and received, by the interface of the port; undefined while zedrouter's table is not there. @throws CommandError */
export function readAppTraffic(namespace: string | undefined): ReadonlyMap<string, AppTraffic> | undefined {
  const place = namespace === undefined ? table : { ...table, namespace };
  const up = readSetCounters({ ...place, set: upSet });
  const down = readSetCounters({ ...place, set: downSet });
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
