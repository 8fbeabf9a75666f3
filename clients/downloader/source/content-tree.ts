import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { DsType, type ContentTree, type DatastoreConfig } from '../../../gen/config/storage.js';
import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { DownloadError } from '../download-error.js';
import { s3Source } from './s3-source.js';
import type { Source } from './source.js';
import { hasScheme, httpUrl, urlSource } from './url-source.js';

/** What a device's configuration says of a content tree. */
export interface ContentTreeDownload {
  readonly source: Source;
  readonly operation: NetworkOperation;
  /** Hexadecimal, lower case; undefined: the configuration names none. */
  readonly sha256: string | undefined;
  readonly maxBytes: number | undefined;
}

/**
 * Where a content tree of a configuration is, and for what it is fetched: it is a base image where the configuration's
 * base OS names it, an app image otherwise. Pure.
 * @throws DownloadError unsupported: there is no such content tree, or its datastore is of no supported kind
 */
export function contentTreeDownload(
  config: EdgeDevConfig,
  uuid: string,
  certificateAuthorities: readonly string[],
): ContentTreeDownload {
  const tree = config.contentInfo.find((each) => sameId(each.uuid, uuid));
  if (tree === undefined) throw unsupported(`the configuration has no content tree ${uuid}${knownTrees(config)}`);
  const sha256 = tree.sha256.toLowerCase();
  if (sha256 !== '' && !/^[0-9a-f]{64}$/.test(sha256)) {
    throw unsupported(
      `the sha256 of content tree ${uuid} is not 64 hexadecimal digits: ${JSON.stringify(tree.sha256)}`,
    );
  }
  return {
    source: sourceIn(datastoreOf(tree, config), tree, certificateAuthorities),
    operation: isBaseImage(tree.uuid, config)
      ? NetworkOperation.NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD
      : NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD,
    sha256: sha256 === '' ? undefined : sha256,
    maxBytes: tree.maxSizeBytes === 0n ? undefined : Number(tree.maxSizeBytes),
  };
}

/** Older configurations name the base image's volume. */
function isBaseImage(uuid: string, { baseos, base, volumes }: EdgeDevConfig): boolean {
  if (baseos !== undefined && sameId(baseos.contentTreeUuid, uuid)) return true;
  return base.some(({ volumeID }) =>
    volumes.some((volume) => sameId(volume.uuid, volumeID) && sameId(volume.origin?.downloadContentTreeID ?? '', uuid)),
  );
}

/** Of several, the first that is supported. */
function datastoreOf({ uuid, dsId, dsIdsList }: ContentTree, { datastores }: EdgeDevConfig): DatastoreConfig {
  const ids = [dsId, ...dsIdsList].filter((id) => id !== '');
  if (ids.length === 0) throw unsupported(`content tree ${uuid} names no datastore`);
  const found = ids.flatMap((id) => datastores.filter((datastore) => sameId(datastore.id, id)));
  const datastore = found.find(({ dType }) => supported.has(dType)) ?? found[0];
  if (datastore === undefined) throw unsupported(`the configuration has no datastore ${ids.join(', ')}`);
  return datastore;
}

function sourceIn(
  datastore: DatastoreConfig,
  { URL: key }: ContentTree,
  certificateAuthorities: readonly string[],
): Source {
  const { id, dType, fqdn, dpath, region, apiKey, password, cipherData, dsCertPEM } = datastore;
  if (cipherData !== undefined) {
    throw unsupported(
      `the credentials of datastore ${id} are encrypted for the device's TPM, which this command cannot decrypt; ` +
        'give it the URL instead, or a datastore with plain credentials',
    );
  }
  const authorities = [...certificateAuthorities, ...dsCertPEM.map((pem) => pem.toString())];
  switch (dType) {
    case DsType.DsHttp:
    case DsType.DsHttps: {
      const scheme = dType === DsType.DsHttp ? 'http' : 'https';
      const base = httpUrl(hasScheme(fqdn) ? fqdn : `${scheme}://${fqdn}`);
      const path = [dpath, key].map((part) => part.replace(/^\/+|\/+$/g, '')).filter((part) => part !== '');
      return urlSource([base.href.replace(/\/+$/, ''), ...path].join('/'), authorities);
    }
    case DsType.DsS3: {
      const access = { accessKeyId: apiKey, secretAccessKey: password };
      return s3Source({ endpoint: fqdn, bucket: dpath, key, region, ...access }, authorities);
    }
    default:
      throw unsupported(
        `datastore ${id} is of kind ${kinds[dType] ?? dType}; supported are HTTP, HTTPS and S3 (with S3's own or a compatible server)`,
      );
  }
}

const supported: ReadonlySet<DsType> = new Set([DsType.DsHttp, DsType.DsHttps, DsType.DsS3]);

const kinds: Readonly<Record<number, string>> = {
  [DsType.DsUnknown]: 'unknown',
  [DsType.DsSFTP]: 'SFTP',
  [DsType.DsContainerRegistry]: 'container registry',
  [DsType.DsAzureBlob]: 'Azure Blob',
  [DsType.DsGoogleStorage]: 'Google Storage',
};

function sameId(a: string, b: string): boolean {
  return a !== '' && a.toLowerCase() === b.toLowerCase();
}

function knownTrees({ contentInfo }: EdgeDevConfig): string {
  if (contentInfo.length === 0) return ', nor any other';
  return `; it has ${contentInfo.map(({ uuid, displayName }) => (displayName === '' ? uuid : `${uuid} (${displayName})`)).join(', ')}`;
}

function unsupported(message: string): DownloadError {
  return new DownloadError('unsupported', message.charAt(0).toUpperCase() + message.slice(1));
}
