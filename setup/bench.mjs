// npm run bench:NAME: prepares, bundles e2e/bench/NAME.ts, and runs it with the remaining arguments.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from './bundle.mjs';
import { main, runInView, say, SetupError } from './commands.mjs';
import { alone } from './lock.mjs';
import { prepare } from './prepare.mjs';
import { root } from './tree.mjs';

/** What runs beside benchmarks, as processes of their own. */
const companions = {
  'bench-subscriber': 'e2e/bench/subscriber.ts',
  'bench-bare-server': 'e2e/bench/bare-server.ts',
};

/** Without them a benchmark measures what it can, and says what it cannot. */
async function prepareBenchTools() {
  try {
    await prepare(['bench-tools']);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
  }
}

await main(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined || !/^[a-z][a-z0-9-]*$/.test(name))
    throw new SetupError('Usage: node setup/bench.mjs NAME [ARGUMENT...]');
  const source = `e2e/bench/${name}.ts`;
  if (!existsSync(join(root, source))) throw new SetupError(`There is no ${source}`);
  await prepare(['packages', 'generate', 'bundle', 'tools']);
  if (name === 'scale' || name === 'acl') await prepareBenchTools();
  const program = await alone(() => bundleProgram(`bench-${name}`, source, companions));
  return runInView(process.execPath, ['--enable-source-maps', program, ...args]);
});
