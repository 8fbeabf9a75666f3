import type { Socket } from 'node:net';

import { connectTcp, familyOf, firstReached, openPing, tcpInfo } from '../../../../lib/uplink-socket/index.js';
import type { Host } from '../../../../lib/configuration/index.js';
import type { Attempt } from './attempt.js';
import type { DnsCache } from './dns-cache.js';

/** The addresses of a target's host, over the port that is probed. @throws DnsError */
export async function addressesOf(host: Host, attempt: Attempt, dns: DnsCache): Promise<readonly string[]> {
  if (host.kind === 'address') return [host.address];
  const { dnsServers, families } = attempt.port;
  attempt.destinations.splice(0, Infinity, ...dnsServers);
  const options = { hostName: host.name, servers: dnsServers, families, ...attempt.limits };
  const { addresses, traffic } = await attempt.step(() => dns.resolve(attempt.port, options));
  if (traffic !== undefined) attempt.tally.add(traffic);
  return addresses;
}

/** One echo request with so much data. @returns the address that answered @throws SocketError */
export async function echo(addresses: readonly string[], attempt: Attempt, dataBytes: number): Promise<string> {
  attempt.destinations.splice(0, Infinity, ...addresses);
  const ping = async (address: string, limits: Attempt['limits']): Promise<string> => {
    const socket = openPing(attempt.port, familyOf(address));
    try {
      const { traffic } = await attempt.step(() => socket.echo(address, { ...limits, dataBytes }));
      attempt.tally.add(traffic);
      return address;
    } finally {
      socket.close();
    }
  };
  return firstReached(addresses, attempt.limits, ping, () => undefined);
}

interface Connection {
  readonly address: string;
  readonly socket: Socket;
}

/**
 * Connects, lets `use` have the connection, and ends it by a reset, in one packet.
 * @returns the address that was reached
 * @throws SocketError, and what `use` throws
 */
export async function overTcp(
  addresses: readonly string[],
  port: number,
  attempt: Attempt,
  use: (socket: Socket) => Promise<void>,
): Promise<string> {
  attempt.destinations.splice(0, Infinity, ...addresses);
  const end = ({ socket }: Connection): void => {
    socket.on('error', () => undefined);
    if (!socket.destroyed) socket.resetAndDestroy();
    attempt.tally.add(tcpInfo(socket));
  };
  const connect = async (address: string, limits: Attempt['limits']): Promise<Connection> => ({
    address,
    socket: await attempt.step(() => connectTcp(attempt.port, { address, port, ...limits })),
  });
  const connection = await firstReached(addresses, attempt.limits, connect, end);
  try {
    await use(connection.socket);
    return connection.address;
  } finally {
    end(connection);
  }
}
