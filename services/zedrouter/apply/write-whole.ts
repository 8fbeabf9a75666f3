import { renameSync, writeFileSync } from 'node:fs';

/**
 * Writes a file of the run directory: never half of it under its name. A reboot empties that directory, so there is
 * nothing to sync.
 */
export function writeWhole(path: string, text: string, mode: number): void {
  writeFileSync(`${path}.new`, text, { mode });
  renameSync(`${path}.new`, path);
}
