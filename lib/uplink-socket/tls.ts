import { isIP, type Socket } from 'node:net';
import { connect, createSecureContext, type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';

import { asSocketError, SocketError } from './socket-error.js';
import type { Limits } from './uplink.js';
import { within } from './within.js';

/** What is wrong with a certificate. */
export type CertificateProblem = 'other-name' | 'self-signed' | 'untrusted-authority' | 'expired' | 'not-yet-valid';

/** A server's certificate is not accepted. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
  /** OpenSSL's or Node's word for it. */
  readonly code: string;
  /** Undefined where only the code says it. */
  readonly problem: CertificateProblem | undefined;
  /** What the server has shown; of nobody it has no fields at all. */
  readonly certificate: Partial<PeerCertificate>;

  constructor(host: string, code: string, certificate: Partial<PeerCertificate>) {
    super(`the certificate of ${host} is not accepted: ${code}`);
    this.code = code;
    this.problem = problems[code];
    this.certificate = certificate;
  }
}

/** Verification errors of OpenSSL (x509_vfy.h, X509_V_ERR_), and Node's own for names (tls.checkServerIdentity). */
const problems: Readonly<Record<string, CertificateProblem>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'other-name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed',
  CERT_SIGNATURE_FAILURE: 'untrusted-authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted-authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted-authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted-authority',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
};

/**
 * Trust in these authorities (PEM) and in nobody else; takes some milliseconds.
 * @throws Error of OpenSSL's where one is no certificate
 */
export function trustIn(certificateAuthorities: readonly string[]): SecureContext {
  return createSecureContext({ ca: [...certificateAuthorities], minVersion: 'TLSv1.2' });
}

export interface TlsOptions extends Limits {
  /** Whom the certificate must name: a host's name, or an address without brackets. */
  readonly host: string;
  readonly trust: SecureContext;
  /** ALPN; undefined: none is offered. */
  readonly applicationProtocols?: readonly string[];
  /** Of an earlier connection to the same host, to be resumed for half the bytes. */
  readonly session?: Buffer | undefined;
  /**
   * Called with sessions to resume later, of servers that have proved themselves only: a resumed session is not checked
   * for its name again.
   */
  readonly onSession?: (session: Buffer) => void;
}

/**
 * TLS with a host over a connection, verified: authority, validity and name. Nothing is sent to who fails that. The
 * caller ends the connection where it fails.
 * @throws CertificateError; SocketError ETIMEDOUT, ABORT_ERR, ECONNRESET (ended meanwhile); else what TLS says, as it
 * came
 */
export async function startTls(socket: Socket, options: TlsOptions): Promise<TLSSocket> {
  const { host, trust, applicationProtocols, session, onSession } = options;
  const secured = connect({
    socket,
    // For the check of the name; SNI names are no addresses (RFC 6066, 3).
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    secureContext: trust,
    ...(applicationProtocols === undefined ? {} : { ALPNProtocols: [...applicationProtocols] }),
    // Looked at below, where the certificate can still be read, so that the message can say whose it is.
    rejectUnauthorized: false,
    ...(session === undefined ? {} : { session }),
  });
  let newest: Buffer | undefined;
  let isVerified = false;
  secured.on('session', (offered: Buffer) => {
    newest = offered;
    if (isVerified) onSession?.(offered);
  });
  await handshake(secured, options);
  if (!secured.authorized) {
    throw new CertificateError(host, String(secured.authorizationError), secured.getPeerCertificate());
  }
  isVerified = true;
  if (newest !== undefined) onSession?.(newest);
  return secured;
}

async function handshake(secured: TLSSocket, { host, timeoutMs, signal }: TlsOptions): Promise<void> {
  let ended: SocketError | undefined;
  try {
    await within({ timeoutMs, signal }, ({ resolve, reject }) => {
      secured.once('secureConnect', resolve);
      secured.once('close', () => {
        ended = new SocketError('ECONNRESET', `${host} ended the connection during the TLS handshake`);
        reject(ended);
      });
      secured.on('error', reject);
    });
  } catch (error) {
    throw error instanceof SocketError && error !== ended ? asSocketError(error, `TLS handshake with ${host}`) : error;
  }
}
