import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';

import {
  asSocketError,
  CertificateError,
  connectTcp,
  firstReached,
  resolve,
  SocketError,
  startTls,
  type CertificateProblem,
  type Limits,
  type ReadBuffers,
  type Uplink,
} from '../../../lib/uplink-socket/index.js';

/**
 * Keeps below 1 MB what is on its way and lost when a connection is cut. That is also what a round trip brings at most:
 * 8 Mbit/s over a geostationary satellite (0.6 s), 100 Mbit/s over LTE (50 ms).
 */
const RECEIVE_BUFFER_BYTES = 384 * 1024;

/** A port to connect over, as NIM describes it. */
export interface PortUplink extends Uplink {
  readonly dnsServers: readonly string[];
}

/** A connection that is ready for a request. */
export interface Connection {
  /** What is read from and written to: plain, or TLS. */
  readonly stream: Socket;
  /** Ends it at once, with a reset: nothing more comes over the port. */
  readonly cut: () => void;
}

/**
 * Connects to the host of a URL over a port and no other: its name is looked up with the port's own name servers, and
 * TLS verified (authority, validity, name).
 * @throws SocketError, DnsError, or what TLS says
 */
export async function connectOver(
  uplink: PortUplink,
  url: URL,
  options: Limits & { readonly trust: SecureContext; readonly readBuffers: ReadBuffers },
): Promise<Connection> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isSecure = url.protocol === 'https:';
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
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
    return { stream: await secure(tcp, host, options), cut };
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
