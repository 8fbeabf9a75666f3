import { readFile, writeFile } from 'node:fs/promises';
import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { configFromFileContent } from '../../../services/configuration/index.js';
import { CommandProblem } from '../connection/problem.js';

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Reads a configuration from a file, `-` being standard input. JSON, YAML of the same, or binary. */
export async function readConfigFile(file: string): Promise<EdgeDevConfig> {
  let content: Uint8Array;
  try {
    content = file === '-' ? await readStandardInput() : await readFile(file);
  } catch (error) {
    throw new CommandProblem(`Cannot read ${file}: ${reasonOf(error)}`);
  }
  try {
    return configFromFileContent(content, file);
  } catch (error) {
    throw new CommandProblem(`${file} is not a device configuration: ${reasonOf(error)}`);
  }
}

/** Writes a file. */
export async function writeOutputFile(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (error) {
    throw new CommandProblem(`Cannot write ${file}: ${reasonOf(error)}`);
  }
}
