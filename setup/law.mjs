// npm run law: prepares, bundles e2e/law, and runs it with the remaining arguments.
import { bundleProgram } from './bundle.mjs';
import { main, runInView } from './commands.mjs';
import { alone } from './lock.mjs';
import { prepare } from './prepare.mjs';

await main(async () => {
  await prepare(['packages', 'generate', 'bundle', 'tools']);
  const program = await alone(() => bundleProgram('law', 'e2e/law/program.ts'));
  return runInView(process.execPath, ['--enable-source-maps', program, ...process.argv.slice(2)]);
});
