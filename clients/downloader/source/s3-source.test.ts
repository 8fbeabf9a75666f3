import { createHash, createHmac } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { s3Source } from './s3-source.js';

const object = {
  endpoint: 'http://s3.example:9000',
  bucket: 'bucket',
  key: 'a folder/the image (1)+é.raw',
  region: 'eu-west-1',
  accessKeyId: 'KEY',
  secretAccessKey: 'SECRET',
};

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Signature Version 4 as Amazon describes it, from what was sent. s3rver does not check it. */
function signatureOf(host: string, path: string, headers: Readonly<Record<string, string>>): string {
  const date = headers['x-amz-date'] ?? '';
  const day = date.slice(0, 8);
  const signed = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? '';
  const lines = signed.split(';').map((name) => `${name}:${name === 'host' ? host : (headers[name] ?? '')}\n`);
  const request = ['GET', path, '', lines.join(''), signed, headers['x-amz-content-sha256']].join('\n');
  const scope = `${day}/eu-west-1/s3/aws4_request`;
  const key = ['eu-west-1', 's3', 'aws4_request'].reduce(hmac, hmac('AWS4SECRET', day));
  return hmac(key, ['AWS4-HMAC-SHA256', date, scope, hex(request)].join('\n')).toString('hex');
}

describe('s3Source', () => {
  it('addresses by path, and signs what it asks for', () => {
    const { url, credentials } = s3Source(object, []);
    expect(url.href).toBe('http://s3.example:9000/bucket/a%20folder/the%20image%20%281%29%2B%C3%A9.raw');
    const headers = credentials();
    expect(headers.authorization).toContain(`Signature=${signatureOf(url.host, url.pathname, headers)}`);
  });

  it('asks for a public object without proving anything', () => {
    expect(s3Source({ ...object, accessKeyId: '', secretAccessKey: '' }, []).credentials()).toEqual({});
  });
});
