import { createHash } from 'node:crypto';

import { BinaryWriter } from '@bufbuild/protobuf/wire';

import { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { oncePerInSlices } from '../../../lib/once/index.js';
import type { Sliced } from '../../../lib/slices/index.js';

/** What a configuration is on the wire. */
export interface EncodedConfig {
  readonly bytes: Uint8Array;
  /** Hexadecimal SHA-256 of the bytes. */
  readonly sha256: string;
}

/** So many apps are encoded between two pauses. */
const APPS_AT_ONCE = 32;

const encoded = oncePerInSlices(encode);

/** What has been encoded before. */
export function knownEncoded(config: EdgeDevConfig): EncodedConfig | undefined {
  return encoded.known(config);
}

/**
 * The binary form, made once for each. The very bytes of `EdgeDevConfig.encode`, which writes fields by their numbers:
 * the device's id first, then the apps, of which there is most.
 */
export function encodedConfig(config: EdgeDevConfig): Sliced<EncodedConfig> {
  return encoded.of(config);
}

function* encode(config: EdgeDevConfig): Sliced<EncodedConfig> {
  const { id, apps } = config;
  const writer = new BinaryWriter();
  EdgeDevConfig.encode({ ...nothing, id }, writer);
  const parts = [writer.finish()];
  for (let first = 0; first < apps.length; first += APPS_AT_ONCE) {
    yield;
    parts.push(EdgeDevConfig.encode({ ...nothing, apps: apps.slice(first, first + APPS_AT_ONCE) }).finish());
  }
  yield;
  parts.push(EdgeDevConfig.encode({ ...config, id: undefined, apps: [] }).finish());
  const bytes = Buffer.concat(parts);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const nothing = EdgeDevConfig.create();
