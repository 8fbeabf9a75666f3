import { createRequire } from 'node:module';
import { join } from 'node:path';

import { run } from 'iproute-exec';

import { packageRoot } from '../package-root.js';

/**
 * Bundles the agent's sources into one file that Node can run, wherever the lab itself runs from (jest, the bundled
 * command). By esbuild's program, since its JavaScript interface cannot be part of a bundle.
 */
export async function buildAgent(folder: string): Promise<string> {
  const root = packageRoot();
  const program = join(folder, 'agent.mjs');
  await run(createRequire(join(root, 'package.json')).resolve('esbuild/bin/esbuild'), [
    join(root, 'lab/hosts/agent.ts'),
    '--bundle',
    '--platform=node',
    '--target=node20',
    '--format=esm',
    '--log-level=warning',
    '--sourcemap=inline',
    `--outfile=${program}`,
  ]);
  return program;
}
