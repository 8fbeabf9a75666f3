import { createRequire } from 'node:module';
import { createServer, type RequestListener, type Server } from 'node:http';

import aws4 from 'aws4';

/** What s3rver, which has no types, is used for. */
type S3rverClass = new (options: {
  readonly directory: string;
  readonly silent: boolean;
  readonly vhostBuckets: boolean;
  readonly configureBuckets: readonly { readonly name: string }[];
}) => { configureBuckets(): Promise<void>; callback(): RequestListener };

/** s3rver's own. */
export const s3Credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } as const;

/** An S3-compatible server (s3rver) that keeps its objects in a directory, with one bucket. It does not listen yet. */
export async function s3Server(directory: string, bucket: string): Promise<Server> {
  const S3rver = createRequire(import.meta.url)('s3rver') as S3rverClass;
  const s3rver = new S3rver({ directory, silent: true, vhostBuckets: false, configureBuckets: [{ name: bucket }] });
  await s3rver.configureBuckets();
  return createServer(s3rver.callback());
}

/** The headers of a signed request that puts an object. */
export function signedPut(host: string, path: string, body: Buffer): Readonly<Record<string, string>> {
  const { headers = {} } = aws4.sign(
    { service: 's3', region: 'us-east-1', method: 'PUT', host, path, body },
    s3Credentials,
  );
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
