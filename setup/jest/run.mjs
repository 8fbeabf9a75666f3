// jest as the scripts here start it, and what it counted.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../tree.mjs';

/** Arguments to Node that run jest; its report goes to `resultFile`. */
export function jestArguments(resultFile, args) {
  return [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules', '.bin', 'jest'),
    '--json',
    `--outputFile=${resultFile}`,
    ...args,
  ];
}

/** Counts of jest's own report. A file that could not even be loaded counts as one failure. */
export function jestSummary(resultFile) {
  if (!existsSync(resultFile)) return '0 passed, 1 failed, 0 skipped';
  const result = JSON.parse(readFileSync(resultFile, 'utf8'));
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return `${result.numPassedTests} passed, ${failed} failed, ${result.numPendingTests + result.numTodoTests} skipped`;
}
