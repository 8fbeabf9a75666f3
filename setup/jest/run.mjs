// jest as the scripts here start it, and what it counted.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../tree.mjs';

/**
 * More failed files than so many are no accident of a busy machine, and are not run again.
 * A few hundred files share two cores, real DHCP clients and real kernels; what such a crowd delays passes alone, as
 * tailscale's cmd/testwrapper has it for its tests.
 */
const MOST_FILES_RUN_AGAIN = 3;

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

/** jest's report, or undefined where jest wrote none. */
export function readReport(resultFile) {
  return existsSync(resultFile) ? JSON.parse(readFileSync(resultFile, 'utf8')) : undefined;
}

/** Paths of the failed files that are worth a run of their own: [] where none failed, or too many did. */
export function filesToRunAgain(report) {
  const failed = (report?.testResults ?? []).filter(({ status }) => status === 'failed').map(({ name }) => name);
  return failed.length <= MOST_FILES_RUN_AGAIN ? failed : [];
}

/** Names of the failed tests of a report, each behind its file; a file that could not be loaded is named alone. */
export function failedTests(report) {
  return (report?.testResults ?? [])
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, assertionResults }) => {
      const titles = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
      return titles.length === 0 ? [name] : titles.map((title) => `${name}: ${title}`);
    });
}

/** A report in which the files that were run again count as they did then. */
export function withRunAgain(report, again) {
  const newResults = new Map((again?.testResults ?? []).map((result) => [result.name, result]));
  return { ...report, testResults: report.testResults.map((result) => newResults.get(result.name) ?? result) };
}

/** Whether everything of the report passed. */
export function isGood(report) {
  return report !== undefined && countsOf(report).failed === 0;
}

/** The counts of a report, as the last line of `npm test` has them. */
export function jestSummary(report) {
  const { passed, failed, skipped } = report === undefined ? { passed: 0, failed: 1, skipped: 0 } : countsOf(report);
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** A file that could not even be loaded counts as one failure. */
function countsOf({ testResults }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status, assertionResults } of testResults) {
    const failed = assertionResults.filter((test) => test.status === 'failed').length;
    const passed = assertionResults.filter((test) => test.status === 'passed').length;
    counts.passed += passed;
    counts.failed += status === 'failed' ? Math.max(1, failed) : failed;
    counts.skipped += assertionResults.length - passed - failed;
  }
  return counts;
}
