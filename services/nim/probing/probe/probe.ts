import type { Limits } from '../../../../lib/uplink-socket/index.js';
import type { ProbeTarget } from '../../../../lib/configuration/index.js';
import { askHttp } from './ask-http.js';
import { Attempt } from './attempt.js';
import type { DnsCache } from './dns-cache.js';
import { refusePortal } from './portal.js';
import type { ProbePort } from './probe-port.js';
import type { ProbeResult } from './probe-result.js';
import { addressesOf, echo, overTcp } from './reach.js';
import type { HttpTarget } from './targets.js';
import type { TlsClient } from './tls-client.js';

/** What probes share; the caller owns it. */
export interface ProbeOptions extends Limits {
  readonly dns: DnsCache;
  /** Trust and sessions; only https needs it. */
  readonly tls: TlsClient;
  /** Of an echo; default none. */
  readonly dataBytes?: number;
  /**
   * Packets of full size are to come through both ways: the request is a long one, and TLS begins anew, so that the
   * server has to show its certificates.
   */
  readonly padded?: boolean;
}

/**
 * Tries a target over a port, once. The attempt leaves by this port alone, its name is looked up with this port's name
 * servers, and it takes no thread of Node's pool. Never rejects; one that was given up by its signal answers `local`.
 */
export function probe(port: ProbePort, target: ProbeTarget, options: ProbeOptions): Promise<ProbeResult> {
  return new Attempt(port, options).run(async (attempt) => {
    const addresses = await addressesOf(target.host, attempt, options.dns);
    switch (target.kind) {
      case 'icmp':
        return echo(addresses, attempt, options.dataBytes ?? 0);
      case 'tcp':
        return overTcp(addresses, target.port, attempt, () => Promise.resolve());
      case 'http':
      case 'https':
        return askOver(addresses, target, attempt, options);
    }
  });
}

function askOver(
  addresses: readonly string[],
  target: HttpTarget,
  attempt: Attempt,
  { tls, padded = false }: ProbeOptions,
): Promise<string> {
  return overTcp(addresses, target.port, attempt, async (socket) => {
    if (target.kind === 'http') {
      refusePortal(target, await askHttp(socket, target, { ...attempt.limits, padded }));
      return;
    }
    const key = JSON.stringify([attempt.port.interfaceName, attempt.port.namespace, target.host, target.port]);
    const secured = await tls.handshake(socket, target.host, key, { ...attempt.limits, anew: padded });
    await askHttp(secured, target, { ...attempt.limits, padded });
  });
}
