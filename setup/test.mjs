// npm test: prepares, checks the sources, runs the tests. Everything runs, whatever fails on the way; arguments go to
// jest. Where few files failed among all, each of these is run again alone, and what failed first is told by name.
import { rmSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { main, runInView, say } from './commands.mjs';
import {
  failedTests,
  filesToRunAgain,
  isGood,
  jestArguments,
  jestSummary,
  readReport,
  withRunAgain,
} from './jest/run.mjs';
import { prepare } from './prepare.mjs';
import { note, preparedDirectory, root } from './tree.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);
const resultFile = join(preparedDirectory, 'jest.json');
const resultFileOfSecondRun = join(preparedDirectory, 'jest-again.json');
const summaryName = 'test-summary';

const checks = [
  { name: 'prettier', command: [bin('prettier'), '--check', '--log-level', 'warn', '.'] },
  { name: 'eslint', command: [bin('eslint'), '--max-warnings', '0', '.'] },
  { name: 'tsc', command: [bin('tsc'), '--noEmit'] },
  { name: 'buf lint', command: [bin('buf'), 'lint'] },
  { name: 'buf format', command: [bin('buf'), 'format', '--diff', '--exit-code'] },
  { name: 'buf breaking', command: [bin('buf'), 'breaking', 'proto', '--against', 'proto/baseline.binpb'] },
];

function runStep({ name, command: [file, ...args], environment }) {
  say(`== ${name}`);
  const startMs = performance.now();
  const status = runInView(file, args, environment);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  say(status === 0 ? `== ${name}: good (${seconds} s)` : `== ${name}: FAILED (exit code ${status}, ${seconds} s)`);
  return status === 0;
}

/** Runs the tests; their report, undefined where there is none. */
function runTests(args) {
  rmSync(resultFile, { force: true });
  runStep({ name: 'jest', command: [process.execPath, ...jestArguments(resultFile, args)] });
  const report = readReport(resultFile);
  const files = args.length === 0 ? filesToRunAgain(report) : [];
  if (files.length === 0) return report;
  rmSync(resultFileOfSecondRun, { force: true });
  const alone = jestArguments(resultFileOfSecondRun, ['--maxWorkers', '1', '--runTestsByPath', ...files]);
  runStep({ name: 'jest, what failed, alone', command: [process.execPath, ...alone] });
  for (const test of failedTests(report)) say(`Failed among all the others: ${test}`);
  return withRunAgain(report, readReport(resultFileOfSecondRun));
}

async function prepareTools() {
  try {
    await prepare(['tools']);
  } catch (error) {
    // The tests that need them say so themselves.
    say(error.message);
  }
}

await main(async () => {
  const [mode, ...rest] = process.argv.slice(2);
  const checksOnly = mode === '--checks-only';
  mkdirSync(preparedDirectory, { recursive: true });
  rmSync(join(preparedDirectory, summaryName), { force: true });
  await prepare(['packages', 'generate']);
  const failures = checks.filter((check) => !runStep(check)).map(({ name }) => name);
  let report;
  if (!checksOnly) {
    await prepareTools();
    const bundle = { name: 'bundle', command: [process.execPath, join(root, 'setup', 'prepare.mjs'), 'bundle'] };
    if (!runStep(bundle)) failures.push(bundle.name);
    report = runTests(mode === undefined ? [] : [mode, ...rest]);
    if (!isGood(report)) failures.push('jest');
  }
  if (failures.length > 0) say(`Failed: ${failures.join(', ')}`);
  if (!checksOnly) {
    const summary = jestSummary(report);
    note(summaryName, `${summary}\n`);
    process.stdout.write(`${summary}\n`);
  }
  return failures.length === 0 ? 0 : 1;
});
