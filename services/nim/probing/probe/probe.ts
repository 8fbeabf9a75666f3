import { isIP, type Socket } from 'node:net';

import { openTunnel, ProxyError, proxyProblem, type Limits } from '../../../../lib/uplink-socket/index.js';
import { proxyOfTarget, type Host, type ProbeTarget, type ProxyAddress } from '../../../../lib/configuration/index.js';
import { askHttp, type HttpAnswer } from './ask-http.js';
import { Attempt } from './attempt.js';
import type { DnsCache } from './dns-cache.js';
import { refusePortal } from './portal.js';
import type { ProbePort } from './probe-port.js';
import { ProbeError, type ProbeResult } from './probe-result.js';
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
    const proxy = proxyOfTarget(target, port.proxies);
    if (proxy !== undefined && (target.kind === 'http' || target.kind === 'https')) {
      return askByProxy(proxy, target, attempt, options);
    }
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
    await askSecurely(socket, target, attempt, { tls, padded });
  });
}

/**
 * By a proxy: plain HTTP with the whole URL, HTTPS through a tunnel, in which the target itself has to prove itself.
 * The proxy looks its name up.
 */
async function askByProxy(
  proxy: ProxyAddress,
  target: HttpTarget,
  attempt: Attempt,
  { dns, tls, padded = false }: ProbeOptions,
): Promise<string> {
  const host: Host =
    isIP(proxy.host) === 0
      ? { kind: 'name', name: proxy.host }
      : { kind: 'address', family: isIP(proxy.host) === 6 ? 6 : 4, address: proxy.host };
  const addresses = await addressesOf(host, attempt, dns);
  return overTcp(addresses, proxy.port, attempt, async (socket) => {
    if (target.kind === 'http') {
      const answer = await askHttp(socket, target, { ...attempt.limits, padded, isProxied: true });
      refuseProxyProblem(answer);
      refusePortal(target, answer);
      return;
    }
    const name = target.host.kind === 'name' ? target.host.name : target.host.address;
    await openTunnel(socket, { host: name, port: target.port }, attempt.limits).catch((error: unknown) => {
      throw error instanceof ProxyError ? new ProbeError('http', error.message) : error;
    });
    await askSecurely(socket, target, attempt, { tls, padded });
  });
}

/** @throws ProbeError http, where it was the proxy that answered */
function refuseProxyProblem({ status }: HttpAnswer): void {
  const problem = proxyProblem(status);
  if (problem !== undefined) throw new ProbeError('http', problem);
}

async function askSecurely(
  socket: Socket,
  target: HttpTarget,
  attempt: Attempt,
  { tls, padded }: Pick<ProbeOptions, 'tls'> & { readonly padded: boolean },
): Promise<void> {
  const { interfaceName, namespace } = attempt.port;
  const key = JSON.stringify([interfaceName, namespace, target.host, target.port]);
  const secured = await tls.handshake(socket, target.host, key, { ...attempt.limits, anew: padded });
  await askHttp(secured, target, { ...attempt.limits, padded });
}
