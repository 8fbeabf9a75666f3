import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { braceExpand, minimatch } from 'minimatch';
import { root } from './tree.mjs';

const notOurs = new Set(['node_modules', '.git', 'dist', '.prepared']);

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [relative(root, path)];
    return notOurs.has(entry.name) ? [] : filesUnder(path);
  });
}

const files = filesUnder(root);
const namesAFile = (glob) => files.some((file) => minimatch(file, glob, { dot: true }));

// In a process of its own, for the configuration holds whole plugins, and jest's starts jest where it is loaded.
const eslint = JSON.parse(
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import config from './eslint.config.mjs';
      console.log(JSON.stringify(config.map(({ files, ignores, rules }) => ({
        files, ignores, zones: rules?.['import-x/no-restricted-paths']?.[1]?.zones }))));`,
    ],
    { cwd: root, encoding: 'utf8' },
  ),
);
const jest = JSON.parse(
  execFileSync(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), '--showConfig'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning' },
  }),
);
const all = (values) => [...new Set(values.flatMap((value) => value ?? []))].map((value) => [value]);

describe('eslint.config.mjs', () => {
  const ownEntries = eslint.filter((entry) => entry.files !== undefined && entry.ignores !== undefined);
  const whole = eslint.filter((entry) => entry.files === undefined && entry.ignores !== undefined);

  // Those that presets bring stand in arrays of their own.
  const ownGlobs = eslint.flatMap((entry) => entry.files ?? []).filter((glob) => typeof glob === 'string');
  it.each(all(ownGlobs.map((glob) => braceExpand(glob))))('%s names a file', (glob) => {
    expect(namesAFile(glob)).toBe(true);
  });
  it.each(all(ownEntries.map(({ ignores }) => ignores)))('%s, an exception, names a file', (glob) => {
    expect(namesAFile(glob)).toBe(true);
  });
  it.each(all(whole.map(({ ignores }) => ignores)))('%s, which is passed over, is in no repository', (glob) => {
    expect(readFileSync(join(root, '.gitignore'), 'utf8').split('\n')).toContainEqual(
      expect.stringMatching(`^/?${glob.replaceAll('.', '\\.')}$`),
    );
  });
  const zones = eslint.flatMap((entry) => entry.zones ?? []);
  it.each(all(zones.flatMap((zone) => [zone.target, zone.from]).map((each) => [each].flat())))(
    '%s, a side of a wall, is there',
    (path) => {
      for (const each of braceExpand(path)) {
        expect(existsSync(join(root, each)) || namesAFile(relative(root, join(root, each)))).toBe(true);
      }
    },
  );
  it.each(zones.flatMap(({ from, except = [] }) => except.map((each) => [each, [from].flat()])))(
    '%s, an exception from %j, is there',
    (except, from) => {
      expect(from.some((folder) => existsSync(join(root, folder, except)))).toBe(true);
    },
  );
});

describe('jest.config.mjs', () => {
  const globs = jest.configs.flatMap(({ testMatch }) => testMatch.map((glob) => relative(root, glob)));

  it.each(all(globs))('%s names a file', (glob) => {
    expect(namesAFile(glob)).toBe(true);
  });
  it.each(all(globs.map((glob) => braceExpand(glob).map((each) => each.split('/')[0]))))(
    'in %s is a test of some project',
    (folder) => {
      expect(globs.some((glob) => files.some((file) => file.startsWith(`${folder}/`) && minimatch(file, glob)))).toBe(
        true,
      );
    },
  );
});

describe('tsconfig.json', () => {
  it.each(JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).include.map((folder) => [folder]))(
    '%s holds TypeScript',
    (folder) => {
      expect(namesAFile(`${folder}/**/*.ts`)).toBe(true);
    },
  );
});
