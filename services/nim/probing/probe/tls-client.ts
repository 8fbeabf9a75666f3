import type { Socket } from 'node:net';
import type { PeerCertificate, SecureContext, TLSSocket } from 'node:tls';

import {
  CertificateError,
  SocketError,
  startTls,
  systemCertificates,
  trustIn,
  type CertificateProblem,
  type Limits,
} from '../../../../lib/uplink-socket/index.js';
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
  readonly #trust: SecureContext;
  readonly #sessions = new Map<string, Buffer>();

  /**
   * Takes some milliseconds. `certificateAuthority`: PEM; undefined: what this machine trusts.
   * @throws Error of OpenSSL's where that is no certificate
   */
  constructor(certificateAuthority?: string) {
    this.#trust = trustIn([certificateAuthority ?? systemCertificates()]);
  }

  /**
   * TLS with a host, verified: authority, validity and name. Nothing is sent to who fails that. `sessionKey`: by port
   * and host. `anew`: without the session that is kept, so that the server shows its certificates.
   * @throws ProbeError tls, reset; SocketError ETIMEDOUT, ABORT_ERR, ECONNRESET
   */
  async handshake(
    socket: Socket,
    host: Host,
    sessionKey: string,
    { anew = false, ...limits }: Limits & { readonly anew?: boolean },
  ): Promise<TLSSocket> {
    const name = host.kind === 'name' ? host.name : host.address;
    try {
      return await startTls(socket, {
        ...limits,
        ...{ host: name, trust: this.#trust, session: anew ? undefined : this.#sessions.get(sessionKey) },
        onSession: (session) => {
          this.#keep(sessionKey, session);
        },
      });
    } catch (error) {
      if (error instanceof SocketError) throw error;
      if (!(error instanceof CertificateError)) throw connectionFailure(error as Error, name);
      this.#sessions.delete(sessionKey);
      throw wrongCertificate(error, name);
    }
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

function wrongCertificate({ code, problem, certificate }: CertificateError, name: string): ProbeError {
  const reason = problem === undefined ? code : reasons[problem];
  return new ProbeError('tls', `${name} shows ${describe(certificate)}: ${reason}${clockHint(problem, certificate)}`);
}

/** A certificate of nobody has no fields at all. */
function describe({ subject, issuer, subjectaltname }: Partial<PeerCertificate>): string {
  const names =
    subjectaltname?.replaceAll('DNS:', '').replaceAll('IP Address:', '') ?? [subject?.CN ?? 'nobody'].flat().join(', ');
  const authority = [issuer?.CN ?? issuer?.O ?? []].flat().join(', ');
  return `a certificate of ${names}${authority === '' ? '' : `, issued by ${authority}`}`;
}

function clockHint(
  problem: CertificateProblem | undefined,
  { valid_from: from = '?', valid_to: to = '?' }: Partial<PeerCertificate>,
): string {
  if (problem !== 'expired' && problem !== 'not-yet-valid') return '';
  return ` (valid from ${from} to ${to}; the clock here says ${new Date(systemClock.wallMs()).toISOString()})`;
}

const reasons: Readonly<Record<CertificateProblem, string>> = {
  'other-name': 'another name',
  'self-signed': 'signed by itself',
  'untrusted-authority': 'of an authority that is not trusted here',
  expired: 'expired',
  'not-yet-valid': 'not yet valid',
};
