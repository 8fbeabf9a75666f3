import { bridgeName, NFT_FAMILY, NFT_TABLE, tunnelNumber, tunnelOfMark } from '../../../lib/dataplane-layout/index.js';
import {
  readCountedElements,
  readLinkCounters,
  readNftTableHandle,
  type CountedElement,
  type ElementType,
} from '../../../lib/netlink/index.js';
import { USAGE_SETS } from '../desired/ruleset.js';
import type { AppCounter, Direction, PortCounter, UsageReading } from './usage.js';

const table = { family: NFT_FAMILY, table: NFT_TABLE } as const;

/**
 * Reads what the kernel has counted: some 0.1 ms for a few apps.
 * @param ports interfaces by logical label
 * @throws NetlinkError
 */
export function readUsage(
  ports: ReadonlyMap<string, string>,
  bootId: string,
  namespace: string | undefined,
): UsageReading {
  const handle = readNftTableHandle({ ...table, namespace });
  const apps = handle === undefined ? [] : readApps(namespace);
  const isSame = readNftTableHandle({ ...table, namespace }) === handle;
  return {
    // Of a table that went meanwhile nothing is known; the next reading has the new one.
    appsLife: handle === undefined || !isSame ? undefined : `${bootId} ${handle}`,
    apps: isSame ? apps : [],
    ports: new Map([...ports].flatMap(([label, name]) => portCounter(label, name, bootId, namespace))),
  };
}

/** What apps send into a tunnel leaves by a port as the tunnel's. */
function readApps(namespace: string | undefined): readonly AppCounter[] {
  return readAll(namespace).filter(({ interfaceName }) => tunnelNumber(interfaceName) === undefined);
}

function readAll(namespace: string | undefined): readonly AppCounter[] {
  const read = (set: string, key: readonly ElementType[]): readonly CountedElement[] =>
    readCountedElements({ ...table, set, key, namespace }) ?? [];
  return (['up', 'down'] as const).flatMap((direction: Direction) => [
    ...read(USAGE_SETS[direction].apps, ['ifname', 'ifname', 'ipv4_addr']).map(
      ({ key: [bridge, interfaceName, address], bytes, packets }): AppCounter => ({
        ...{ direction, bridge: String(bridge), interfaceName: String(interfaceName), address: String(address) },
        ...{ bytes, packets },
      }),
    ),
    ...read(USAGE_SETS[direction].tunnels, ['mark', 'ifname']).map(
      ({ key: [mark, interfaceName], bytes, packets }): AppCounter => ({
        ...{ direction, bridge: bridgeName(tunnelOfMark(Number(mark))), interfaceName: String(interfaceName) },
        ...{ address: '', bytes, packets },
      }),
    ),
  ]);
}

function portCounter(
  label: string,
  interfaceName: string,
  bootId: string,
  namespace: string | undefined,
): readonly (readonly [string, PortCounter])[] {
  const counters = readLinkCounters(interfaceName, namespace);
  if (counters === undefined) return [];
  const { linkIndex, headerBytes, sentBytes, sentPackets, receivedBytes, receivedPackets } = counters;
  // What an ISP counts begins with the IP header.
  const count = (bytes: number, packets: number) => ({ bytes: Math.max(0, bytes - headerBytes * packets), packets });
  const life = `${bootId} ${interfaceName} ${linkIndex}`;
  return [[label, { life, up: count(sentBytes, sentPackets), down: count(receivedBytes, receivedPackets) }]];
}
