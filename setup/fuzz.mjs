// npm run fuzz: prepares, bundles e2e/fuzz, and runs it with the remaining arguments.
import { bundleProgram } from './bundle.mjs';
import { main, runInView } from './commands.mjs';
import { alone } from './lock.mjs';
import { prepare } from './prepare.mjs';

await main(async () => {
  await prepare(['packages', 'generate', 'bundle', 'tools']);
  const program = await alone(() => bundleProgram('fuzz', 'e2e/fuzz/program.ts'));
  return runInView(process.execPath, ['--enable-source-maps', program, ...process.argv.slice(2)]);
});
