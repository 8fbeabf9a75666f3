// Where things are in this tree, and whether files changed since a step was done.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that package.json is in. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Notes of what has been prepared; may be removed at any time. */
export const preparedDirectory = join(root, '.prepared');

function* filesUnder(path, wanted) {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) {
    yield path;
    return;
  }
  for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) yield* filesUnder(inside, wanted);
    else if (wanted(entry.name)) yield inside;
  }
}

/** SHA-256 over names and contents of files; folders are walked, taking the files whose name is `wanted`. */
export function hashOf(paths, wanted = () => true) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of filesUnder(join(root, path), wanted)) {
      const content = readFileSync(file);
      hash.update(`${file.slice(root.length)}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest('hex');
}

/** Whether the note `name` says `value`. */
export function isNoted(name, value) {
  try {
    return readFileSync(join(preparedDirectory, name), 'utf8') === value;
  } catch {
    return false;
  }
}

/** Notes that `name` is done for `value`; whole or not at all. */
export function note(name, value) {
  mkdirSync(preparedDirectory, { recursive: true });
  const temporary = join(preparedDirectory, `${name}.${process.pid}`);
  writeFileSync(temporary, value);
  renameSync(temporary, join(preparedDirectory, name));
}
