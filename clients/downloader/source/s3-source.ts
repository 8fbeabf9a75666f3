import aws4 from 'aws4';

import { hasScheme, httpUrl, textOf } from './url-source.js';
import type { Source } from './source.js';

/** An object in an S3 bucket, as a datastore names it. */
export interface S3Object {
  /** Host, with or without scheme and port. Empty: Amazon's for the region. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  /** Empty: us-east-1. */
  readonly region: string;
  /** Empty, both: the object is public. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const DEFAULT_REGION = 'us-east-1';

/** An object by path-style address, requests signed (AWS Signature Version 4). @throws DownloadError unsupported */
export function s3Source(object: S3Object, certificateAuthorities: readonly string[]): Source {
  const region = object.region === '' ? DEFAULT_REGION : object.region;
  const endpoint = object.endpoint === '' ? `s3.${region}.amazonaws.com` : object.endpoint;
  const url = httpUrl(hasScheme(endpoint) ? endpoint : `https://${endpoint}`);
  url.pathname = [url.pathname, object.bucket, object.key]
    .flatMap((part) => part.split('/'))
    .filter((part) => part !== '')
    .map(encoded)
    .join('/');
  const { accessKeyId, secretAccessKey } = object;
  const credentials = (): Readonly<Record<string, string>> => {
    if (accessKeyId === '' && secretAccessKey === '') return {};
    const request = { service: 's3', region, method: 'GET', host: url.host, path: url.pathname };
    const { headers = {} } = aws4.sign({ ...request, headers: { host: url.host } }, { accessKeyId, secretAccessKey });
    return Object.fromEntries(
      Object.entries(headers)
        .filter(([name]) => name.toLowerCase() !== 'host')
        .map(([name, value]) => [name.toLowerCase(), String(value)]),
    );
  };
  return { url, text: textOf(url), credentials, certificateAuthorities };
}

/** As Signature Version 4 wants it: everything but unreserved characters (RFC 3986, 2.3). */
function encoded(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
