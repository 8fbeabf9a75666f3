import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { run } from 'iproute-exec';

/** Certificates are made by it. */
export const HAVE_OPENSSL = await run('openssl', ['version']).then(
  () => true,
  () => false,
);

/** So long they are valid, in days. */
export const VALID_DAYS = 2;

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'] as const;

/** Authorities and certificates in a directory: NAME.crt and NAME.key of each. */
export class Certificates {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Where a file is. */
  at(file: string): string {
    return join(this.#directory, file);
  }

  read(file: string): Buffer {
    return readFileSync(this.at(file));
  }

  async makeAuthority(name: string): Promise<void> {
    const files = ['-keyout', this.at(`${name}.key`), '-out', this.at(`${name}.crt`)];
    await run('openssl', ['req', '-x509', ...NEW_KEY, '-subj', `/CN=${name}`, '-days', String(VALID_DAYS), ...files]);
  }

  /** One for localhost, in the place of what was there under this name. `subject`: as openssl writes it. */
  async make(name: string, subject: string, authority = 'ca'): Promise<void> {
    writeFileSync(this.at(`${name}.ext`), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    const [key, request] = [this.at(`${name}.key`), this.at(`${name}.csr`)];
    await run('openssl', ['req', ...NEW_KEY, '-subj', subject, '-keyout', key, '-out', request]);
    const signer = ['-CA', this.at(`${authority}.crt`), '-CAkey', this.at(`${authority}.key`), '-CAcreateserial'];
    const made = ['-days', String(VALID_DAYS), '-extfile', this.at(`${name}.ext`), '-out', this.at(`${name}.crt`)];
    await run('openssl', ['x509', '-req', '-in', request, ...signer, ...made]);
  }
}
