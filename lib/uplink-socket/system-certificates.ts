import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

/** Where distributions keep the certificates that the machine trusts (the list that Go's crypto/x509 looks through). */
const files = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The authorities that this machine trusts, PEM; those that Node brings along where the machine has none. An operator
 * who adds an authority to the machine means us too.
 */
export function systemCertificates(): string {
  for (const file of files) {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      // The next one, then.
    }
  }
  return rootCertificates.join('\n');
}
