import { createSecureContext, type SecureContext } from 'node:tls';

import { systemCertificates } from '../../lib/uplink-socket/index.js';

/**
 * Trust in whom this machine trusts, and in these authorities (PEM).
 * @throws Error of OpenSSL's where one is no certificate
 */
export function trusting(certificateAuthorities: readonly string[]): SecureContext {
  return createSecureContext({ ca: [systemCertificates(), ...certificateAuthorities], minVersion: 'TLSv1.2' });
}
