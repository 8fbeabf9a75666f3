import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';

import {
  asSocketError,
  connectTcp,
  errorCode,
  firstReached,
  resolve,
  within,
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

async function secure(tcp: Socket, host: string, options: Limits & { readonly trust: SecureContext }): Promise<Socket> {
  const tls = connectTls({
    socket: tcp,
    // For the check of the name; SNI names are no addresses (RFC 6066, 3).
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    secureContext: options.trust,
    ALPNProtocols: ['http/1.1'],
  });
  try {
    await within(options, ({ resolve: done, reject }) => {
      tls.once('secureConnect', done);
      tls.once('close', () => {
        reject(new Error(`${host} ended the connection during the TLS handshake`));
      });
      tls.on('error', reject);
    });
    return tls;
  } catch (error) {
    const reason = certificateProblems[errorCode(error) ?? ''];
    throw reason === undefined
      ? asSocketError(error, `TLS handshake with ${host}`)
      : new Error(`${host} shows a certificate ${reason}`, { cause: error });
  }
}

const notTrusted = 'of an authority that is not trusted here (--ca FILE trusts one more)';
const certificateProblems: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'of another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'that is signed by itself (--ca FILE trusts it)',
  SELF_SIGNED_CERT_IN_CHAIN: notTrusted,
  CERT_SIGNATURE_FAILURE: notTrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: notTrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: notTrusted,
  CERT_HAS_EXPIRED: 'that has expired, if the clock here is right',
  CERT_NOT_YET_VALID: 'that is not yet valid, if the clock here is right',
};
