import type { Socket } from 'node:net';
import { connect, createSecureContext, type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';

import { asSocketError, systemCertificates, within, type Limits } from '../../../../lib/uplink-socket/index.js';
import { systemClock } from '../../../../lib/clock/index.js';
import type { Host } from '../../../../lib/configuration/index.js';
import { connectionFailure } from './connection-failure.js';
import { ProbeError } from './probe-result.js';

const MOST_SESSIONS = 256;

/**
 * Whom TLS trusts, and the sessions of servers that proved themselves, so that the next handshake costs half the bytes.
 * The caller owns it: one for the controller with its authority, one for everybody else with the machine's.
 */
export class TlsClient {
  readonly #context: SecureContext;
  readonly #sessions = new Map<string, Buffer>();

  /**
   * Takes some milliseconds. `certificateAuthority`: PEM; undefined: what this machine trusts.
   * @throws Error of OpenSSL's where that is no certificate
   */
  constructor(certificateAuthority?: string) {
    this.#context = createSecureContext({ ca: certificateAuthority ?? systemCertificates(), minVersion: 'TLSv1.2' });
  }

  /**
   * TLS with a host, verified: authority, validity and name. Nothing is sent to who fails that. `sessionKey`: by port
   * and host.
   * @throws ProbeError tls, reset; SocketError ETIMEDOUT, ABORT_ERR
   */
  async handshake(socket: Socket, host: Host, sessionKey: string, limits: Limits): Promise<TLSSocket> {
    const session = this.#sessions.get(sessionKey);
    const name = host.kind === 'name' ? host.name : host.address;
    const secured = connect({
      socket,
      // For the check of the name; SNI names are no addresses (RFC 6066, 3).
      host: name,
      ...(host.kind === 'name' ? { servername: name } : {}),
      secureContext: this.#context,
      // Looked at below, where the certificate can still be read, so that the message can say whose it is.
      rejectUnauthorized: false,
      ...(session === undefined ? {} : { session }),
    });
    let newest: Buffer | undefined;
    let isVerified = false;
    secured.on('session', (offered: Buffer) => {
      newest = offered;
      if (isVerified) this.#keep(sessionKey, offered);
    });
    try {
      await within(limits, ({ resolve, reject }) => {
        secured.once('secureConnect', resolve);
        secured.once('close', () => {
          reject(new ProbeError('reset', `${name} ended the connection during the TLS handshake`));
        });
        secured.on('error', (error: Error) => {
          reject(connectionFailure(error, name));
        });
      });
    } catch (error) {
      throw error instanceof ProbeError ? error : asSocketError(error, `TLS handshake with ${name}`);
    }
    if (!secured.authorized) {
      this.#sessions.delete(sessionKey);
      throw wrongCertificate(secured, name);
    }
    isVerified = true;
    // A resumed session is not checked for its name again, so only those of verified servers are kept.
    if (newest !== undefined) this.#keep(sessionKey, newest);
    return secured;
  }

  /** How many sessions are kept. */
  get sessions(): number {
    return this.#sessions.size;
  }

  #keep(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    const oldest = this.#sessions.keys().next();
    if (this.#sessions.size > MOST_SESSIONS && oldest.done !== true) this.#sessions.delete(oldest.value);
  }
}

function wrongCertificate(secured: TLSSocket, name: string): ProbeError {
  const certificate = secured.getPeerCertificate();
  const code = String(secured.authorizationError);
  return new ProbeError(
    'tls',
    `${name} shows ${describe(certificate)}: ${reasons[code] ?? code}${clockHint(code, certificate)}`,
  );
}

/** A certificate of nobody has no fields at all. */
function describe({ subject, issuer, subjectaltname }: Partial<PeerCertificate>): string {
  const names =
    subjectaltname?.replaceAll('DNS:', '').replaceAll('IP Address:', '') ?? [subject?.CN ?? 'nobody'].flat().join(', ');
  const authority = [issuer?.CN ?? issuer?.O ?? []].flat().join(', ');
  return `a certificate of ${names}${authority === '' ? '' : `, issued by ${authority}`}`;
}

function clockHint(code: string, { valid_from, valid_to }: PeerCertificate): string {
  if (code !== 'CERT_HAS_EXPIRED' && code !== 'CERT_NOT_YET_VALID') return '';
  return ` (valid from ${valid_from} to ${valid_to}; the clock here says ${new Date(systemClock.wallMs()).toISOString()})`;
}

const reasons: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'signed by itself',
  CERT_SIGNATURE_FAILURE: 'of an authority that is not trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: 'of an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'of an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'of an authority that is not trusted here',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not yet valid',
};
