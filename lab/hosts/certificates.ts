import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** A certificate authority made for one run of the lab, and a server certificate that it issued; all PEM. */
export interface ServerCertificate {
  readonly certificateAuthority: string;
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes an authority and a server certificate for these names and IPv4 addresses, valid for a week around now (X.509
 * v3, RFC 5280).
 */
export function issueServerCertificate(
  names: readonly string[],
  addresses: readonly string[],
  nowMs: number,
): ServerCertificate {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = sequence(time(nowMs - 86_400_000), time(nowMs + 6 * 86_400_000));
  const issuer = distinguishedName('eve-uplink lab authority');
  const issue = (subject: Buffer, publicKey: KeyObject, extensions: readonly Buffer[]): string => {
    const toBeSigned = sequence(
      context(0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
      ecdsaWithSha256,
      issuer,
      validity,
      subject,
      publicKey.export({ format: 'der', type: 'spki' }),
      context(3, sequence(...extensions)),
    );
    const signature = sign('sha256', toBeSigned, authority.privateKey);
    return pem('CERTIFICATE', sequence(toBeSigned, ecdsaWithSha256, bitString(signature)));
  };
  const alternatives = sequence(
    ...names.map((name) => element(0x82, Buffer.from(name, 'ascii'))),
    ...addresses.map((address) => element(0x87, Buffer.from(address.split('.').map(Number)))),
  );
  return {
    certificateAuthority: issue(issuer, authority.publicKey, [basicConstraints(true)]),
    certificate: issue(distinguishedName(names[0] ?? 'server'), server.publicKey, [
      basicConstraints(false),
      extension('551d11', false, alternatives),
    ]),
    key: server.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

/** DER (X.690): a tag, the length of the content, the content. */
function element(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length =
    body.length < 0x80
      ? Buffer.from([body.length])
      : body.length < 0x100
        ? Buffer.from([0x81, body.length])
        : Buffer.from([0x82, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
}

const sequence = (...content: readonly Buffer[]): Buffer => element(0x30, ...content);
const context = (number: number, content: Buffer): Buffer => element(0xa0 + number, content);
const integer = (value: Buffer): Buffer => element(0x02, value);
const bitString = (value: Buffer): Buffer => element(0x03, Buffer.from([0]), value);
const octetString = (value: Buffer): Buffer => element(0x04, value);
const boolean = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0]));
const objectIdentifier = (hex: string): Buffer => element(0x06, Buffer.from(hex, 'hex'));

const ecdsaWithSha256 = sequence(objectIdentifier('2a8648ce3d040302'));

function distinguishedName(commonName: string): Buffer {
  return sequence(element(0x31, sequence(objectIdentifier('550403'), element(0x0c, Buffer.from(commonName, 'utf8')))));
}

/** UTCTime, good until 2049. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`, 'ascii'));
}

function extension(identifierHex: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(identifierHex), ...(critical ? [boolean(true)] : []), octetString(value));
}

function basicConstraints(isAuthority: boolean): Buffer {
  return extension('551d13', true, isAuthority ? sequence(boolean(true)) : sequence());
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
