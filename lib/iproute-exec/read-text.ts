import { readFileSync } from 'node:fs';

/** This process or machine has nothing left to open a file with; that says nothing of the file. */
const outOfResources: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/**
 * The text of a small file of the kernel's, or of a tmpfs; undefined where there is none that can be read.
 * @throws Error where nobody can tell, because no file can be opened now
 */
export function readText(path: string, read = (file: string) => readFileSync(file, 'utf8')): string | undefined {
  try {
    return read(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && outOfResources.has(error.code)) throw error;
    return undefined;
  }
}
