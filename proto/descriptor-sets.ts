import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileRegistry, fromBinary, type FileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema, type FileDescriptorSet } from '@bufbuild/protobuf/wkt';
import { descriptorSetBase64 } from '../gen/descriptors.js';

/** The folder that package.json is in. */
export const PROJECT_ROOT: string = join(import.meta.dirname, '..');

/** Descriptors of EVE's own API, where the builders' reference is at hand. */
export const EVE_DESCRIPTOR_FILE: string = join(PROJECT_ROOT, '..', 'shared', 'eve-api', 'eve-api.binpb');

/** Our contracts as they were frozen: what users rely on. */
export const BASELINE_FILE: string = join(PROJECT_ROOT, 'proto', 'baseline.binpb');

/** Descriptors of proto/ as it is now. */
export function ourDescriptorSet(): FileDescriptorSet {
  return fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSetBase64, 'base64'));
}

/** Reads a descriptor set, or a buf image, which is the same to any other reader. */
export function readDescriptorSet(file: string): FileDescriptorSet {
  return fromBinary(FileDescriptorSetSchema, readFileSync(file));
}

/** Descriptors with references resolved. */
export function registryOf(set: FileDescriptorSet): FileRegistry {
  return createFileRegistry(set);
}
