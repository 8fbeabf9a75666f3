// dist/: the eve-uplink command, bundled.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { say, SetupError } from './commands.mjs';
import { hashOf, isNoted, note, root } from './tree.mjs';

const noteName = 'bundled';

const DAY_MS = 24 * 60 * 60 * 1000;

function inputsHash() {
  const sources = [
    'command',
    'services',
    'clients',
    'lab',
    'lib',
    'e2e',
    'gen',
    'tsconfig.json',
    'package-lock.json',
    'setup/bundle.mjs',
  ];
  return hashOf(sources, (name) => /\.(ts|json|mjs|js|yaml|sh)$/.test(name) && !name.endsWith('.test.ts'));
}

/** The bundled command. */
export const commandFile = join(root, 'dist', 'eve-uplink.js');

/** Whether dist/ is that of the present sources. */
export function isBundled() {
  return existsSync(commandFile) && isNoted(noteName, inputsHash());
}

/** Bundles entry points (name -> source file) into dist/. npm packages stay outside, our workspace does not. */
export async function bundleInto(entryPoints, options = {}) {
  const { build } = await import('esbuild');
  try {
    return await build({
      absWorkingDir: root,
      entryPoints,
      outdir: 'dist',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.18',
      packages: 'external',
      alias: { 'iproute-exec': './lib/iproute-exec/index.ts' },
      sourcemap: true,
      logLevel: 'silent',
      ...options,
    });
  } catch (error) {
    throw new SetupError(`Bundling failed\n${error.message}`);
  }
}

/** Bundles the eve-uplink command. */
export async function bundle() {
  say('Bundling the eve-uplink command');
  const hash = inputsHash();
  await bundleInto({ 'eve-uplink': 'command/main.ts' });
  removeOldChunks();
  note(noteName, hash);
}

/** Shared parts of earlier bundles. Those of the last day stay: who was started from them may still import one. */
function removeOldChunks() {
  const dist = join(root, 'dist');
  for (const name of readdirSync(dist).filter((each) => /-[A-Z0-9]{8}\.js(\.map)?$/.test(each))) {
    const file = join(dist, name);
    if (Date.now() - statSync(file).mtimeMs > DAY_MS) rmSync(file);
  }
}

/** Bundles one more program, and others that it starts, and returns its file. */
export async function bundleProgram(name, source, others = {}) {
  const file = join(root, 'dist', `${name}.js`);
  rmSync(file, { force: true });
  await bundleInto({ [name]: source, ...others });
  return file;
}
