import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';

import {
  asSocketError,
  CertificateError,
  connectTcp,
  firstReached,
  openTunnel,
  resolve,
  SocketError,
  startTls,
  type CertificateProblem,
  type Limits,
  type ReadBuffers,
  type Uplink,
} from '../../../lib/uplink-socket/index.js';
import { proxyFor, type PortProxies, type ProxiedTarget } from '../../../lib/configuration/index.js';

/**
 * Keeps below 1 MB what is on its way and lost when a connection is cut. That is also what a round trip brings at most:
 * 8 Mbit/s over a geostationary satellite (0.6 s), 100 Mbit/s over LTE (50 ms).
 */
const RECEIVE_BUFFER_BYTES = 384 * 1024;

/** A port to connect over, as NIM describes it. */
export interface PortUplink extends Uplink {
  readonly dnsServers: readonly string[];
  /** Undefined: everything is reached straight. */
  readonly proxies?: PortProxies | undefined;
}

/** A connection that is ready for a request. */
export interface Connection {
  /** What is read from and written to: plain, or TLS. */
  readonly stream: Socket;
  /** Ends it at once, with a reset: nothing more comes over the port. */
  readonly cut: () => void;
}

/** Where a URL leads, as far as connections are concerned. */
function targetOf(url: URL): ProxiedTarget {
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const port = url.port === '' ? { http: 80, https: 443 }[scheme] : Number(url.port);
  return { scheme, host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

/** Whether a request over the port has to name the whole URL: it goes to a proxy that reads it. */
export function asksWholeUrl({ proxies }: PortUplink, url: URL): boolean {
  return url.protocol === 'http:' && proxyFor(proxies, targetOf(url)) !== undefined;
}

/**
 * Connects to the host of a URL, or to the port's proxy for it, over a port and no other: its name is looked up with
 * the port's own name servers, or by the proxy, and TLS verified (authority, validity, name) to the end.
 * @throws SocketError, DnsError, ProxyError, or what TLS says
 */
export async function connectOver(
  uplink: PortUplink,
  url: URL,
  options: Limits & { readonly trust: SecureContext; readonly readBuffers: ReadBuffers },
): Promise<Connection> {
  const target = targetOf(url);
  const isSecure = target.scheme === 'https';
  const proxy = proxyFor(uplink.proxies, target);
  const { host, port } = proxy ?? target;
  const { timeoutMs, signal, readBuffers } = options;
  const { addresses } = await resolve(uplink, {
    hostName: host,
    servers: uplink.dnsServers,
    families: [4, 6],
    timeoutMs,
    signal,
  });
  const tcp = await firstReached(
    addresses,
    { timeoutMs, signal },
    (address, limits) =>
      connectTcp(uplink, {
        ...{ address, port, receiveBufferBytes: RECEIVE_BUFFER_BYTES, ...limits },
        ...(isSecure ? {} : { readBuffers }),
      }),
    (late) => late.destroy(),
  );
  const cut = (): void => {
    tcp.on('error', () => undefined);
    if (!tcp.destroyed) tcp.resetAndDestroy();
  };
  tcp.setNoDelay(true);
  if (!isSecure) return { stream: tcp, cut };
  try {
    if (proxy !== undefined) await openTunnel(tcp, target, { timeoutMs, signal });
    return { stream: await secure(tcp, target.host, options), cut };
  } catch (error) {
    cut();
    throw error;
  }
}

async function secure(
  tcp: Socket,
  host: string,
  { trust, ...limits }: Limits & { readonly trust: SecureContext },
): Promise<Socket> {
  try {
    return await startTls(tcp, { ...limits, host, trust, applicationProtocols: ['http/1.1'] });
  } catch (error) {
    if (error instanceof SocketError) throw error;
    const problem = error instanceof CertificateError ? error.problem : undefined;
    throw problem === undefined
      ? asSocketError(error, `TLS handshake with ${host}`)
      : new Error(`${host} shows a certificate ${certificateProblems[problem]}`, { cause: error });
  }
}

const certificateProblems: Readonly<Record<CertificateProblem, string>> = {
  'other-name': 'of another name',
  'self-signed': 'that is signed by itself (--ca FILE trusts it)',
  'untrusted-authority': 'of an authority that is not trusted here (--ca FILE trusts one more)',
  expired: 'that has expired, if the clock here is right',
  'not-yet-valid': 'that is not yet valid, if the clock here is right',
};
