// dist/product/: what is installed, one file, so that a service has all of itself in memory whatever is replaced on
// disk. `npm pack` runs this.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleInto } from './bundle.mjs';
import { main, say } from './commands.mjs';
import { prepare } from './prepare.mjs';
import { root } from './tree.mjs';

/** Packages of CommonJS inside ask for Node's modules by `require`. */
const requireForCommonJs =
  "import { createRequire as createRequireOfProduct } from 'node:module';\nconst require = createRequireOfProduct(import.meta.url);";

/**
 * Bundles the command without the lab into `directory`/eve-uplink.js. npm packages stay outside, or come in but for
 * koffi, which has binaries.
 */
export async function bundleProduct(directory, { withPackages }) {
  rmSync(directory, { recursive: true, force: true });
  await bundleInto(
    { 'eve-uplink': 'command/product.ts' },
    {
      outdir: directory,
      splitting: false,
      sourcemap: false,
      minifySyntax: true,
      minifyWhitespace: true,
      ...(withPackages ? { packages: 'bundle', external: ['koffi'], banner: { js: requireForCommonJs } } : {}),
    },
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    await prepare(['packages', 'generate']);
    say('Bundling what is installed');
    await bundleProduct(join(root, 'dist', 'product'), { withPackages: false });
  });
}
