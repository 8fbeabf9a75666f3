import type { SecureContext } from 'node:tls';

import { systemCertificates, trustIn } from '../../lib/uplink-socket/index.js';

/**
 * Trust in whom this machine trusts, and in these authorities (PEM).
 * @throws Error of OpenSSL's where one is no certificate
 */
export function trusting(certificateAuthorities: readonly string[]): SecureContext {
  return trustIn([systemCertificates(), ...certificateAuthorities]);
}
