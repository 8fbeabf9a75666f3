import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { root } from './tree.mjs';

/** In a process of its own: esbuild and jest do not agree on what a Uint8Array is. */
const BUNDLE = `
  import { bundleProduct } from ${JSON.stringify(join(root, 'setup/product.mjs'))};
  await bundleProduct(process.argv[1], { withPackages: true });
`;
const execute = promisify(execFile);

/** Runs it to its end; a non-zero exit code is a result. */
async function run(file, args, cwd) {
  try {
    return { ...(await execute(file, args, { cwd, maxBuffer: 1 << 24 })), code: 0 };
  } catch (error) {
    return error;
  }
}

describe('what is installed', () => {
  let directory;
  const product = (...args) => run(process.execPath, [join(directory, 'out', 'eve-uplink.js'), ...args], directory);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'eve-uplink-product-'));
    await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
    const { code, stderr } = await run(
      process.execPath,
      ['--input-type=module', '-e', BUNDLE, join(directory, 'out')],
      root,
    );
    if (code !== 0) throw new Error(stderr);
  }, 60_000);

  afterAll(() => rm(directory, { recursive: true }));

  it('is one file, which runs where no npm package is', async () => {
    expect(await readdir(join(directory, 'out'))).toEqual(['eve-uplink.js']);
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect((await product('--version')).stdout).toBe(`${version}\n`);
    const status = await product('--run-dir', join(directory, 'nobody'), 'status');
    expect(status).toMatchObject({ code: 4, stdout: expect.stringContaining('nim is not running') });
  });

  it('has no lab', async () => {
    expect(await product('lab', 'up')).toMatchObject({ code: 2, stderr: expect.stringContaining("'lab'") });
    expect(await readFile(join(directory, 'out', 'eve-uplink.js'), 'utf8')).not.toMatch(/isp-eth0|a ship on your desk/);
  });

  it('comes from npm without sources and tests', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], root);
    const files = JSON.parse(stdout)[0].files.map(({ path }) => path.split('/')[0]);
    expect(new Set(files)).toEqual(
      new Set(
        ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'deploy', 'docs', 'package.json', 'setup'].concat(
          files.includes('dist') ? ['dist'] : [],
        ),
      ),
    );
  });
});
