// npm run soak: prepares, bundles e2e/soak, and runs it with the remaining arguments.
import { bundleProgram } from './bundle.mjs';
import { main, runInView } from './commands.mjs';
import { alone } from './lock.mjs';
import { prepare } from './prepare.mjs';

await main(async () => {
  await prepare(['packages', 'generate', 'bundle', 'tools']);
  const program = await alone(() => bundleProgram('soak', 'e2e/soak/program.ts'));
  // What it mounts goes with it, however it ends.
  const apart = ['--mount', '--propagation', 'private'];
  return runInView('unshare', [
    ...apart,
    ...[process.execPath, '--enable-source-maps', program],
    ...process.argv.slice(2),
  ]);
});
