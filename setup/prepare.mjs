// Makes a fresh clone ready: npm packages, generated code, the bundled command, the system's tools. Quiet and quick
// where all is there.
import { pathToFileURL } from 'node:url';
import { bundle, isBundled } from './bundle.mjs';
import { main, SetupError } from './commands.mjs';
import { generate, isGenerated } from './generate.mjs';
import { alone } from './lock.mjs';
import { installPackages, packagesInstalled } from './packages.mjs';
import {
  debianPackageOf,
  debianPackageOfBenchTool,
  debianPackageOfInstallTool,
  debianPackageOfPackageTool,
  installSystemTools,
  missingCommands,
} from './system-tools.mjs';

/** Installs the Debian packages of those of these commands that are missing. */
const toolStep = (packageOf) => ({
  isDone: () => missingCommands(packageOf).length === 0,
  run: () => installSystemTools(packageOf),
});

/** The steps in their order. Each can tell cheaply whether it is done. */
const steps = {
  packages: { isDone: packagesInstalled, run: installPackages },
  generate: { isDone: isGenerated, run: generate },
  bundle: { isDone: isBundled, run: bundle },
  tools: toolStep(debianPackageOf),
};

/** What nobody but a benchmark, or who builds or tries a package, needs. */
const furtherSteps = {
  'install-tools': toolStep(debianPackageOfInstallTool),
  'bench-tools': toolStep(debianPackageOfBenchTool),
  'package-tools': toolStep(debianPackageOfPackageTool),
};
const allSteps = { ...steps, ...furtherSteps };

/** Does those of the named steps that are not done yet. Safe while others do the same. */
export async function prepare(names) {
  if (process.platform !== 'linux') throw new SetupError(`eve-uplink needs Linux; this is ${process.platform}`);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 18)) {
    throw new SetupError(`eve-uplink needs Node 20.18 or newer; this is ${process.versions.node}`);
  }
  const wanted = Object.entries(allSteps).filter(([name]) => names.includes(name));
  if (wanted.every(([, step]) => step.isDone())) return;
  await alone(async () => {
    for (const [, step] of wanted) {
      if (!step.isDone()) await step.run();
    }
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !(name in allSteps));
  await main(async () => {
    if (unknown.length > 0)
      throw new SetupError(`Unknown: ${unknown.join(' ')}. Steps: ${Object.keys(allSteps).join(' ')}`);
    await prepare(names.length > 0 ? names : Object.keys(steps));
  });
}
