import { readFile, writeFile } from 'node:fs/promises';
import { YAMLParseError } from 'yaml';
import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { ConfigSyntaxError, readFileContent } from '../../../lib/configuration/index.js';
import { RpcError } from '../../../lib/rpc/index.js';
import { CallProblem, CommandProblem } from '../../terminal/problem.js';
import { lineOfField } from './line-of-field.js';

/** A configuration that was read, and where in the file its fields stand. */
export interface ConfigFile {
  readonly config: EdgeDevConfig;
  /** `ship.yaml:12: networkInstances[0].ip.subnet`; undefined where the file has no lines. */
  readonly placeOf: (field: string) => string | undefined;
}

/** What is said where a file holds a controller's message around a configuration. */
const WRAPPINGS: Readonly<Record<'config-response' | 'auth-container', string>> = {
  'config-response': 'Taken out of the ConfigResponse that the file holds',
  'auth-container': 'Taken out of the AuthContainer that the file holds; its signature has not been checked',
};

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Reads a configuration from a file, `-` being standard input. JSON, YAML of the same, or binary. */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  let content: Uint8Array;
  try {
    content = file === '-' ? await readStandardInput() : await readFile(file);
  } catch (error) {
    throw new CommandProblem(`Cannot read ${file}: ${reasonOf(error)}`);
  }
  const placeOf = placesIn(file, content);
  try {
    const { config, wrapping } = readFileContent(content, file);
    if (wrapping === 'configuration') return { config, placeOf };
    process.stderr.write(`${WRAPPINGS[wrapping]}\n`);
    return {
      config,
      placeOf: wrapping === 'config-response' ? (field) => placeOf(`config.${field}`) : () => undefined,
    };
  } catch (error) {
    throw new CommandProblem(
      [`${file} is not a device configuration:`, ...problemLines(file, error, placeOf)].join('\n'),
    );
  }
}

/** A problem with the request's field `config`, told at its place in the file; any other as it is. */
export function pointingAt({ placeOf }: ConfigFile, problem: unknown): unknown {
  if (!(problem instanceof CallProblem)) return problem;
  const { code, message, reason, metadata, violations } = problem.cause;
  const placed = violations.map(({ field, description }) => {
    const inFile = /^config\.(.+)$/.exec(field)?.[1];
    return { field: (inFile === undefined ? undefined : placeOf(inFile)) ?? field, description };
  });
  const cause = new RpcError(code, message, {
    ...{ metadata, violations: placed, cause: problem.cause },
    ...(reason === undefined ? {} : { reason }),
  });
  return new CallProblem(problem.service, problem.address, cause);
}

function placesIn(file: string, content: Uint8Array): ConfigFile['placeOf'] {
  const name = file === '-' ? '<standard input>' : file;
  if (content.includes(0)) return () => undefined;
  const find = lineOfField(Buffer.from(content).toString('utf8'));
  return (field) => {
    const line = find(field);
    return line === undefined ? undefined : `${name}:${line}: ${field}`;
  };
}

function problemLines(file: string, error: unknown, placeOf: ConfigFile['placeOf']): readonly string[] {
  if (!(error instanceof ConfigSyntaxError)) return [`  ${reasonOf(error)}`];
  if (error.problems.length > 0) {
    return error.problems.map(({ field, description }) =>
      field === '' ? `  ${description}` : `  ${placeOf(field) ?? field}: ${description}`,
    );
  }
  const { cause } = error;
  const [at] = cause instanceof YAMLParseError ? (cause.linePos ?? []) : [];
  // Its own words go on with a picture of the line, which stays.
  return [`  ${at === undefined ? '' : `${file}:${at.line}: `}${error.message}`];
}

/** Writes a file. */
export async function writeOutputFile(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (error) {
    throw new CommandProblem(`Cannot write ${file}: ${reasonOf(error)}`);
  }
}
