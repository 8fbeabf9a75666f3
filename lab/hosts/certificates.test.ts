import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';

import { describe, expect, it } from '@jest/globals';

import { issueServerCertificate } from './certificates.js';

const NOW_MS = Date.now();

describe('issueServerCertificate', () => {
  it('makes a certificate that its authority signed, for these names and addresses', () => {
    const { certificateAuthority, certificate } = issueServerCertificate(
      ['a.example', 'b.example'],
      ['192.0.2.1'],
      NOW_MS,
    );
    const authority = new X509Certificate(certificateAuthority);
    const server = new X509Certificate(certificate);
    expect([authority.ca, server.ca]).toEqual([true, false]);
    expect(server.verify(authority.publicKey)).toBe(true);
    expect([server.checkHost('b.example'), server.checkHost('c.example')]).toEqual(['b.example', undefined]);
    expect([server.checkIP('192.0.2.1'), server.checkIP('192.0.2.2')]).toEqual(['192.0.2.1', undefined]);
    expect(Date.parse(server.validFrom)).toBeLessThan(NOW_MS);
    expect(Date.parse(server.validTo)).toBeGreaterThan(NOW_MS);
  });

  it('is accepted in a TLS handshake by who trusts the authority, and by nobody else', async () => {
    const issued = issueServerCertificate(['a.example'], [], NOW_MS);
    const other = issueServerCertificate(['a.example'], [], NOW_MS);
    const server = createServer({ cert: issued.certificate, key: issued.key }, (socket) => socket.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const handshake = async (ca: string): Promise<string> => {
      const socket = connect({ host: '127.0.0.1', port, servername: 'a.example', ca });
      try {
        await once(socket, 'secureConnect');
        return 'accepted';
      } catch (error) {
        return error instanceof Error && 'code' in error ? String(error.code) : String(error);
      } finally {
        socket.destroy();
      }
    };
    try {
      expect(await handshake(issued.certificateAuthority)).toBe('accepted');
      expect(await handshake(other.certificateAuthority)).not.toBe('accepted');
    } finally {
      server.close();
    }
  });
});
