// npm run test:install: builds the Debian package, then tries it on booted Debian hosts. Needs root; takes minutes.
import { join } from 'node:path';
import { bundleProgram } from './bundle.mjs';
import { main, runInView, runQuietly } from './commands.mjs';
import { alone } from './lock.mjs';
import { prepare } from './prepare.mjs';
import { preparedDirectory, root } from './tree.mjs';

await main(async () => {
  await prepare(['packages', 'generate', 'bundle', 'tools', 'install-tools']);
  const program = await alone(() => bundleProgram('test-install', 'e2e/install/program.ts'));
  const build = (...args) =>
    runQuietly(process.execPath, [join(root, 'setup/debian/package.mjs'), ...args], {
      purpose: 'Building the package',
    }).trim();
  const images = join(preparedDirectory, 'images');
  const options = ['--package', build(), '--package-with-node', build('--with-node'), '--images', images];
  return runInView(process.execPath, ['--enable-source-maps', program, ...options, ...process.argv.slice(2)]);
});
