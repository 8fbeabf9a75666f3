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
import { authContainerOf, unwrapped, type Unwrapped } from './wrapping.js';

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

/** A configuration, and what it was wrapped in: the messages of a controller are taken as well. */
export interface FileContent {
  readonly config: EdgeDevConfig;
  readonly wrapping: Unwrapped['kind'];
}

/**
 * Reads a file: JSON or YAML of the same by its ending, or else by what it looks like; everything else is binary.
 * @throws ConfigSyntaxError
 */
export function configFromFileContent(content: Uint8Array, fileName: string): EdgeDevConfig {
  return readFileContent(content, fileName).config;
}

/**
 * The same, and says what the configuration was wrapped in.
 * @throws ConfigSyntaxError
 */
export function readFileContent(content: Uint8Array, fileName: string): FileContent {
  if (content.length === 0) throw new ConfigSyntaxError('the file is empty');
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
  if (parsed === undefined || parsed === null) throw new ConfigSyntaxError('the file holds nothing');
  return fromParsed(parsed);
}

/** JSON of a controller's messages is told by its keys, which an EdgeDevConfig has not. */
function fromParsed(parsed: unknown): FileContent {
  const response = parsed as {
    readonly config?: unknown;
    readonly protectedPayload?: { readonly payload?: unknown } | null;
  };
  const text = response.protectedPayload?.payload;
  if (typeof text === 'string') {
    const payload = Buffer.from(text, 'base64');
    return fromWrapped(unwrapped(authContainerOf(payload)), 'the payload of the AuthContainer holds no configuration');
  }
  const keys = Object.keys(parsed as object);
  if (keys.length > 0 && keys.every((key) => key === 'config' || key === 'configHash')) {
    if (response.config === undefined) throw new ConfigSyntaxError(NO_NEWS);
    return { config: configFromJson(response.config), wrapping: 'config-response' };
  }
  return { config: configFromJson(parsed), wrapping: 'configuration' };
}

const NO_NEWS = 'it is the answer of a controller that had no news: it holds no configuration';

function fromWrapped(wrapped: Unwrapped, otherwise: string): FileContent {
  if (wrapped.kind === 'configuration') throw new ConfigSyntaxError(otherwise);
  if (wrapped.config === undefined) throw new ConfigSyntaxError(NO_NEWS);
  return { config: wrapped.config, wrapping: wrapped.kind };
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

function fromBinaryContent(content: Uint8Array): FileContent {
  const what = 'the file is neither JSON nor YAML nor a binary EdgeDevConfig';
  const wrapped = unwrapped(content);
  if (wrapped.kind !== 'configuration') return fromWrapped(wrapped, what);
  let config: EdgeDevConfig;
  try {
    config = EdgeDevConfig.decode(content);
  } catch (error) {
    throw new ConfigSyntaxError(`${what}: ${reasonOf(error)}`, { cause: error });
  }
  // Almost any few bytes decode as fields that nobody knows; as a configuration they would mean "no port, no app".
  if (!holdsAnything(config)) throw new ConfigSyntaxError(`${what}: it holds no field that we know`);
  return { config, wrapping: 'configuration' };
}

/** Whether a configuration sets any field that we know. */
export function holdsAnything(config: EdgeDevConfig): boolean {
  // Large ones are not encoded for it: an item of a list is never nothing.
  if (config.apps.length > 0 || config.networkInstances.length > 0) return true;
  return EdgeDevConfig.encode({ ...config, _unknownFields: {} }).finish().length > 0;
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
