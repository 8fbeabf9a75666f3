// npm run test:nodes: the unit tests and one scenario in network namespaces, on each Node that is supported.
// A line for each.
import { existsSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { environment, main, runQuietly, say, SetupError } from './commands.mjs';
import { jestArguments, jestSummary } from './jest/run.mjs';
import { alone } from './lock.mjs';
import { npm } from './packages.mjs';
import { prepare } from './prepare.mjs';
import { preparedDirectory } from './tree.mjs';

/** The oldest that package.json's `engines` allows, and the newest of each later line with long-term support. */
const versions = ['20.18.0', '22', '24'];

const tests = {
  unit: ['--selectProjects', 'unit'],
  'failover scenario': ['--selectProjects', 'e2e', '--testPathPatterns', 'e2e/scenarios/failover'],
};

/** Node's binary of a version, from the npm package that brings it for this kind of machine. */
function install(version) {
  const name = `node-linux-${process.arch}`;
  const folder = join(preparedDirectory, `node-${version}`);
  const file = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(file)) {
    say(`Installing Node ${version}`);
    npm(['install', '--prefix', folder, '--no-save', '--no-package-lock', `${name}@${version}`], 'Installing Node');
  }
  if (!existsSync(file)) throw new SetupError(`The npm package ${name}@${version} has no bin/node`);
  return file;
}

/** Runs these tests; what jest counted, and its output where something failed. */
function run(node, [name, args]) {
  const resultFile = join(preparedDirectory, 'jest-nodes.json');
  rmSync(resultFile, { force: true });
  const env = environment();
  env.PATH = [dirname(node), env.PATH].join(delimiter);
  let output = '';
  try {
    runQuietly(node, jestArguments(resultFile, ['--silent', ...args]), { purpose: 'jest', env });
  } catch (error) {
    output = error.message;
  }
  return { summary: `${name} ${jestSummary(resultFile)}`, output };
}

await main(async () => {
  await prepare(['packages', 'generate', 'bundle', 'tools']);
  let failures = 0;
  for (const version of versions) {
    const startMs = performance.now();
    const node = await alone(() => install(version));
    const exact = runQuietly(node, ['--version'], { purpose: 'Asking Node for its version' }).trim();
    const results = Object.entries(tests).map((each) => run(node, each));
    const isGood = results.every(({ output }) => output === '');
    if (!isGood) failures += 1;
    for (const { output } of results) if (output !== '') say(output);
    const counts = results.map(({ summary }) => summary).join('; ');
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    process.stdout.write(`Node ${exact.slice(1)}: ${isGood ? 'good' : 'FAILED'} (${counts}; ${seconds} s)\n`);
  }
  return failures === 0 ? 0 : 1;
});
