import { SocketError, type Limits } from '../../../../lib/uplink-socket/index.js';
import { Attempt } from './attempt.js';
import type { ProbePort } from './probe-port.js';
import type { ProbeResult } from './probe-result.js';
import { echo, overTcp } from './reach.js';

/**
 * The cheapest ways to learn that a host is reached: 56 bytes by icmp, some 200 by tcp (100 where it is refused); IPv4.
 */
export type KeepaliveMethod = { readonly kind: 'icmp' } | { readonly kind: 'tcp'; readonly port: number };

/**
 * Whether an address is reached over a port, at the least cost. For TCP a refusal proves the path as well as an
 * acceptance does: the host itself gives either. Never rejects.
 */
export function keepalive(
  port: ProbePort,
  address: string,
  method: KeepaliveMethod,
  limits: Limits,
): Promise<ProbeResult> {
  return new Attempt(port, limits).run(async (attempt) => {
    switch (method.kind) {
      case 'icmp':
        return echo([address], attempt);
      case 'tcp':
        try {
          return await overTcp([address], method.port, attempt, () => Promise.resolve());
        } catch (error) {
          if (error instanceof SocketError && error.code === 'ECONNREFUSED') return address;
          throw error;
        }
    }
  });
}

/** An echo request to a gateway of the port; `no-gateway` where it does not even answer on the link. Never rejects. */
export function pingGateway(port: ProbePort, gateway: string, limits: Limits): Promise<ProbeResult> {
  return keepalive({ ...port, gateways: [gateway] }, gateway, { kind: 'icmp' }, limits);
}
