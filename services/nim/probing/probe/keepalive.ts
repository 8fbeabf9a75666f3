import type { Limits } from '../../../../lib/uplink-socket/index.js';
import { Attempt } from './attempt.js';
import type { ProbePort } from './probe-port.js';
import type { ProbeResult } from './probe-result.js';
import { echo, overTcp } from './reach.js';

/** The cheapest ways to learn that a host is reached: an echo, 56 bytes both ways and its data twice; TCP some 220. */
export type KeepaliveMethod =
  { readonly kind: 'icmp'; readonly dataBytes: number } | { readonly kind: 'tcp'; readonly port: number };

/**
 * Whether an address is reached over a port, at the least cost. An echo reply comes from the address itself. A
 * connection may be accepted by anybody on the way, and refused, too: the one is a sign of life, the other a failure.
 * Never rejects.
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
        return echo([address], attempt, method.dataBytes);
      case 'tcp':
        return overTcp([address], method.port, attempt, () => Promise.resolve());
    }
  });
}

/** An echo request to a gateway of the port; `no-gateway` where it does not even answer on the link. Never rejects. */
export function pingGateway(port: ProbePort, gateway: string, limits: Limits): Promise<ProbeResult> {
  return keepalive({ ...port, gateways: [gateway] }, gateway, { kind: 'icmp', dataBytes: 0 }, limits);
}
