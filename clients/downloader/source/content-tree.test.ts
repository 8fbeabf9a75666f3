import { describe, expect, it } from '@jest/globals';

import { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { DsType } from '../../../gen/config/storage.js';
import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { contentTreeDownload } from './content-tree.js';

const UUID = '0aC00000-0000-4000-8000-000000000001';
const SHA256 = 'AB'.repeat(32);

function configOf(datastore: object, tree: object = {}, more: object = {}): EdgeDevConfig {
  return EdgeDevConfig.fromPartial({
    datastores: [{ id: 'ds1', dType: DsType.DsHttps, fqdn: 'images.example', dpath: 'eve/1', ...datastore }],
    contentInfo: [
      {
        uuid: UUID,
        dsId: 'ds1',
        URL: 'image.raw',
        sha256: SHA256,
        maxSizeBytes: 1_000n,
        displayName: 'the image',
        ...tree,
      },
    ],
    ...more,
  });
}

const of = (config: EdgeDevConfig) => contentTreeDownload(config, UUID, []);

describe('contentTreeDownload', () => {
  it('takes URL, sha256 and size from the configuration; an app image unless the base OS names it', () => {
    const found = of(configOf({}));
    expect(found).toMatchObject({
      operation: NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD,
      sha256: SHA256.toLowerCase(),
      maxBytes: 1_000,
    });
    expect(found.source.url.href).toBe('https://images.example/eve/1/image.raw');
    const base = NetworkOperation.NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD;
    expect(of(configOf({}, {}, { baseos: { contentTreeUuid: UUID.toLowerCase() } })).operation).toBe(base);
    const volume = { uuid: 'v1', origin: { downloadContentTreeID: UUID } };
    expect(of(configOf({}, {}, { base: [{ volumeID: 'v1' }], volumes: [volume] })).operation).toBe(base);
  });

  it.each<[what: string, datastore: object, url: string]>([
    ['http', { dType: DsType.DsHttp }, 'http://images.example/eve/1/image.raw'],
    ['a scheme in the fqdn', { fqdn: 'http://images.example:8080/' }, 'http://images.example:8080/eve/1/image.raw'],
    ['no path', { dpath: '' }, 'https://images.example/image.raw'],
    [
      'S3 by its endpoint',
      { dType: DsType.DsS3, fqdn: 'http://s3.example:9000', dpath: 'bucket' },
      'http://s3.example:9000/bucket/image.raw',
    ],
    [
      "Amazon's S3 by the region",
      { dType: DsType.DsS3, fqdn: '', dpath: 'bucket', region: 'eu-west-1' },
      'https://s3.eu-west-1.amazonaws.com/bucket/image.raw',
    ],
  ])('makes a URL of %s', (_what, datastore, url) => {
    expect(of(configOf(datastore)).source.url.href).toBe(url);
  });

  it('signs for S3 with the credentials of the datastore, and only there', () => {
    const s3 = {
      dType: DsType.DsS3,
      fqdn: 's3.example',
      dpath: 'bucket',
      region: 'eu-west-1',
      apiKey: 'KEY',
      password: 'SECRET',
    };
    const { authorization } = of(configOf(s3)).source.credentials();
    expect(authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=KEY\/\d{8}\/eu-west-1\/s3\/aws4_request/);
    expect(authorization).not.toContain('SECRET');
    expect(of(configOf({ apiKey: 'KEY', password: 'SECRET' })).source.credentials()).toEqual({});
  });

  it('takes the first datastore of several that is supported', () => {
    const config = configOf({ dType: DsType.DsSFTP }, { dsIdsList: ['ds2'] });
    config.datastores.push({ ...configOf({}).datastores[0], id: 'ds2', fqdn: 'other.example' } as never);
    expect(of(config).source.url.host).toBe('other.example');
  });

  it.each<[what: string, config: EdgeDevConfig, words: string]>([
    [
      'an unknown tree',
      configOf({}, { uuid: 'other' }),
      'no content tree 0aC00000-0000-4000-8000-000000000001; it has other (the image)',
    ],
    ['no trees', EdgeDevConfig.fromPartial({}), 'nor any other'],
    ['an unknown datastore', configOf({ id: 'ds9' }), 'no datastore ds1'],
    [
      'a container registry',
      configOf({ dType: DsType.DsContainerRegistry }),
      'container registry; supported are HTTP, HTTPS and S3',
    ],
    ['encrypted credentials', configOf({ cipherData: { cipherContextId: 'x' } }), 'cannot decrypt'],
    ['a sha256 that is none', configOf({}, { sha256: 'abc' }), 'not 64 hexadecimal digits'],
    ['no datastore', configOf({}, { dsId: '' }), 'names no datastore'],
  ])('says what is wrong with %s', (_what, config, words) => {
    expect(() => of(config)).toThrow(words);
  });
});
