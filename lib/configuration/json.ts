import {
  createFileRegistry,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
  type DescMessage,
  type JsonValue,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { parse } from 'yaml';

import { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { descriptorSetBase64 } from '../../gen/descriptors.js';
import { jsonProblems } from './json-problems.js';
import type { Problem } from './model.js';

/** Text that is no device configuration; the message says where and why. */
export class ConfigSyntaxError extends Error {
  override readonly name = 'ConfigSyntaxError';
  /** Everything that does not fit, by field; empty where the text itself cannot be read. */
  readonly problems: readonly Problem[];

  constructor(message: string, options: { readonly problems?: readonly Problem[]; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.problems = options.problems ?? [];
  }
}

let schemas: { readonly registry: ReturnType<typeof createFileRegistry>; readonly config: DescMessage } | undefined;

/** The descriptors follow the protobuf JSON mapping to the letter; they are read only by those who need JSON. */
function configSchema() {
  if (schemas !== undefined) return schemas;
  const set = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSetBase64, 'base64'));
  const registry = createFileRegistry(set);
  const config = registry.getMessage('org.lfedge.eve.config.EdgeDevConfig');
  if (config === undefined) throw new Error('the descriptor set lacks EdgeDevConfig');
  schemas = { registry, config };
  return schemas;
}

/**
 * Reads protobuf JSON (https://protobuf.dev/programming-guides/json/), field names in either form.
 * @throws ConfigSyntaxError
 */
export function configFromJson(json: unknown): EdgeDevConfig {
  const { registry, config } = configSchema();
  try {
    const message = fromJson(config, json as JsonValue, { registry, ignoreUnknownFields: false });
    return EdgeDevConfig.decode(toBinary(config, message));
  } catch (error) {
    const problems = jsonProblems(config, json as JsonValue, registry);
    const lines = problems.map(({ field, description }) => (field === '' ? description : `${field}: ${description}`));
    throw new ConfigSyntaxError(lines.length === 0 ? reasonOf(error) : lines.join('\n'), { problems, cause: error });
  }
}

/**
 * Writes protobuf JSON, field names in lowerCamelCase. Fields that we do not know have no JSON form and are left out.
 */
export function configToJson(config: EdgeDevConfig): JsonValue {
  const { registry, config: schema } = configSchema();
  return toJson(schema, fromBinary(schema, EdgeDevConfig.encode(config).finish()), { registry });
}

/**
 * Reads a file: JSON or YAML of the same by its ending, or else by what it looks like; everything else is binary.
 * @throws ConfigSyntaxError
 */
export function configFromFileContent(content: Uint8Array, fileName: string): EdgeDevConfig {
  const text = textOf(content);
  const named = /\.(json|ya?ml)$/i.test(fileName);
  if (text === undefined || (!named && !/^\s*([{#]|[A-Za-z_]+:)/.test(text))) {
    if (named) throw new ConfigSyntaxError('the file is not text');
    return fromBinaryContent(content);
  }
  let parsed: unknown;
  try {
    parsed = parseText(text);
  } catch (error) {
    throw new ConfigSyntaxError(reasonOf(error), { cause: error });
  }
  return configFromJson(parsed ?? {});
}

/**
 * JSON is YAML, and the YAML parser tells line and column; but it takes seconds where JSON.parse takes milliseconds.
 */
function parseText(text: string): unknown {
  if (!/^\s*\{/.test(text)) return parse(text);
  try {
    return JSON.parse(text);
  } catch {
    return parse(text);
  }
}

function fromBinaryContent(content: Uint8Array): EdgeDevConfig {
  const what = 'the file is neither JSON nor YAML nor a binary EdgeDevConfig';
  let config: EdgeDevConfig;
  try {
    config = EdgeDevConfig.decode(content);
  } catch (error) {
    throw new ConfigSyntaxError(`${what}: ${reasonOf(error)}`, { cause: error });
  }
  // Almost any few bytes decode as fields that nobody knows; as a configuration they would mean "no port, no app".
  const known = EdgeDevConfig.encode({ ...config, _unknownFields: {} }).finish();
  if (content.length > 0 && known.length === 0) throw new ConfigSyntaxError(`${what}: it holds no field that we know`);
  return config;
}

function textOf(content: Uint8Array): string | undefined {
  if (content.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
