import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { logEvents } from './index.js';

const HOUSE = join(import.meta.dirname, '../..');
const NO_EMITTER = /(\.test|\/log-events)\.ts$|\/testing\//;

function sources(): readonly string[] {
  return ['lib', 'services']
    .flatMap((floor) => readdirSync(join(HOUSE, floor), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !NO_EMITTER.test(path) && !path.includes('/node_modules/'));
}

const texts = sources().map((path) => readFileSync(path, 'utf8'));

describe('the log events', () => {
  it.each(Object.entries(logEvents))(
    '%s has a name to grep for and a sentence that says what it means',
    (name, meaning) => {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/);
      expect(meaning).toMatch(/^\S.*\.$/);
    },
  );

  it.each(Object.keys(logEvents))('%s is logged somewhere', (name) => {
    expect(texts.some((text) => text.includes(`'${name}'`))).toBe(true);
  });

  it('are all that is logged', () => {
    const logged = texts.flatMap((text) => [...text.matchAll(/\{\s*event: '([^']+)'/g)].map(([, name]) => name));
    expect(logged.length).toBeGreaterThan(0);
    expect(Object.keys(logEvents)).toEqual(expect.arrayContaining(logged));
  });
});
