import { parseArgs } from 'node:util';

import { hostImage, suites } from './image.js';
import { networkManagers } from './managers.js';
import { tryInstallation } from './scenario.js';

/*
 * npm run test:install: the Debian package on booted Debian hosts, under each network manager. Prints what was tried
 * and what came of it, and the number of failures last.
 */

const USAGE = `npm run test:install -- [OPTION...]
  --suite NAME     this release of Debian alone: trixie or bookworm
  --manager NAME   this network manager alone: ${networkManagers.map(({ name }) => name).join(', ')}`;

const { values } = parseArgs({
  options: {
    manager: { type: 'string', default: '' },
    images: { type: 'string', default: '' },
    suite: { type: 'string', default: '' },
    package: { type: 'string', default: '' },
    'package-with-node': { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});
const suiteNames = (['trixie', 'bookworm'] as const).filter((name) => values.suite === '' || name === values.suite);
const managers = networkManagers.filter(({ name }) => values.manager === '' || name === values.manager);

if (values.help || managers.length === 0 || suiteNames.length === 0) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = values.help ? 0 : 2;
} else {
  let passed = 0;
  let failed = 0;
  for (const suite of suiteNames) {
    const image = await hostImage(suite, values.images);
    const packageFile = suites[suite].hasNode ? values.package : values['package-with-node'];
    for (const manager of managers) {
      process.stdout.write(`\n${suite}, ports by ${manager.name}\n`);
      for (const { what, good, detail } of await tryInstallation({ image, manager, packageFile })) {
        process.stdout.write(`  ${good ? 'good  ' : 'FAILED'}  ${what}${detail === '' ? '' : `: ${detail}`}\n`);
        if (good) passed += 1;
        else failed += 1;
      }
    }
  }
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
