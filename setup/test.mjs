// npm test: prepares, checks the sources, runs the tests. Everything runs, whatever fails on the way; arguments go to
// jest.
import { rmSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { main, runInView, say } from './commands.mjs';
import { jestArguments, jestSummary } from './jest/run.mjs';
import { prepare } from './prepare.mjs';
import { note, preparedDirectory, root } from './tree.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);
const resultFile = join(preparedDirectory, 'jest.json');
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

function jestStep(args) {
  return { name: 'jest', command: [process.execPath, ...jestArguments(resultFile, args)] };
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
  rmSync(resultFile, { force: true });
  rmSync(join(preparedDirectory, summaryName), { force: true });
  await prepare(['packages', 'generate']);
  const failures = checks.filter((check) => !runStep(check)).map(({ name }) => name);
  if (!checksOnly) {
    await prepareTools();
    const bundled = { name: 'bundle', command: [process.execPath, join(root, 'setup', 'prepare.mjs'), 'bundle'] };
    const steps = [bundled, jestStep(mode === undefined ? [] : [mode, ...rest])];
    failures.push(...steps.filter((step) => !runStep(step)).map(({ name }) => name));
  }
  if (failures.length > 0) say(`Failed: ${failures.join(', ')}`);
  if (!checksOnly) {
    const summary = jestSummary(resultFile);
    note(summaryName, `${summary}\n`);
    process.stdout.write(`${summary}\n`);
  }
  return failures.length === 0 ? 0 : 1;
});
