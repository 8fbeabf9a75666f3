import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { pathWithSystemDirectories, whyNoNamespaces } from './setup/machine.mjs';

const esmFlags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

// jest runs ECMAScript modules only under this flag of Node. `npx jest PATH` shall work without anyone having to know.
if (![...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ').includes(esmFlags[0])) {
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...esmFlags, ...process.argv.slice(1)], {
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

process.env.PATH = pathWithSystemDirectories();

const whyNotOnTheKernel = whyNoNamespaces(['ip', 'nft', 'conntrack', 'dnsmasq', 'udhcpc', 'sysctl']);
if (whyNotOnTheKernel !== undefined) {
  process.stderr.write(
    `Tests on network namespaces (*.netns.test.ts, *.e2e.test.ts) are skipped: ${whyNotOnTheKernel}\n`,
  );
}
const onTheKernel =
  whyNotOnTheKernel === undefined ? {} : { testEnvironment: '<rootDir>/setup/jest/skipping-environment.mjs' };

const common = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  transform: { '\\.ts$': '<rootDir>/setup/jest/typescript.mjs' },
  moduleNameMapper: {
    '^iproute-exec$': '<rootDir>/lib/iproute-exec/index.ts',
    // Own files are imported as .js and are .ts; those of packages are .js.
    '^(\\.{1,2}/.*)\\.js$': ['$1.js', '$1.ts'],
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.prepared/'],
};

const folders = '{command,services,clients,lab,lib,e2e,docs,proto,setup}';

export default {
  // Of the whole run: projects have no such option. Ships take their time on a busy machine.
  testTimeout: 120_000,
  maxWorkers: 2,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: [`<rootDir>/${folders}/**/*.test.{ts,mjs}`],
      testPathIgnorePatterns: ['/node_modules/', '\\.(netns|e2e)\\.test\\.ts$'],
    },
    {
      ...common,
      ...onTheKernel,
      displayName: 'netns',
      testMatch: [`<rootDir>/${folders}/**/*.netns.test.ts`],
    },
    {
      ...common,
      ...onTheKernel,
      displayName: 'e2e',
      testMatch: [`<rootDir>/${folders}/**/*.e2e.test.ts`],
    },
  ],
};
