import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from 'iproute-exec';
import { parseDocument } from 'yaml';

import { packageRoot } from '../package-root.js';
import { commandFile } from '../service-process.js';

/** The ship's configuration, to be read and to be pushed. */
export const SHIP_FILE = join('lab/ship.yaml');

/**
 * Pushes a file with the controller client, as an operator does; answers what it printed. Throws with its message where
 * it is refused.
 */
export async function pushFile(file: string, runDir: string): Promise<string> {
  const { stdout } = await run(process.execPath, [
    ...[await commandFile(), 'config', 'push', file],
    ...['--run-dir', runDir],
  ]);
  return stdout.trim();
}

/**
 * ship.yaml with one change, into a file: `default` may use ports of these priorities only. Answers the file's name.
 */
export async function writeLimitedConfiguration(folder: string, priorities: readonly number[]): Promise<string> {
  const document = parseDocument(await readFile(join(packageRoot(), SHIP_FILE), 'utf8'));
  document.setIn(['networkInstances', 0, 'allowedPriorities'], { priorities });
  const file = join(folder, 'limited.yaml');
  await writeFile(file, document.toString());
  return file;
}
