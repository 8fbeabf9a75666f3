// npm run docs: writes the pages of docs/ that are made of tables in code.
import { bundleProgram } from './bundle.mjs';
import { main, runInView } from './commands.mjs';
import { alone } from './lock.mjs';
import { prepare } from './prepare.mjs';

await main(async () => {
  await prepare(['packages', 'generate']);
  const program = await alone(() => bundleProgram('docs', 'docs/pages/write.ts'));
  return runInView(process.execPath, ['--enable-source-maps', program]);
});
