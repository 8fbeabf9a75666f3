import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder with this project's package.json: the lab finds the bundled command, its scripts and its sources from
 * there, both when it runs from TypeScript and when it is part of the bundle.
 */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && nameIn(file) === 'eve-uplink') return folder;
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json of eve-uplink above ${fileURLToPath(import.meta.url)}`);
    folder = parent;
  }
}

function nameIn(packageFile: string): unknown {
  const content: unknown = JSON.parse(readFileSync(packageFile, 'utf8'));
  return typeof content === 'object' && content !== null && 'name' in content ? content.name : undefined;
}
