import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from '@jest/globals';

import { PROJECT_ROOT } from './descriptor-sets.js';

/** What is ours of the contracts; EVE's files stand as EVE has them. */
const ours = readdirSync(join(PROJECT_ROOT, 'proto'), { recursive: true, encoding: 'utf8' }).filter((path) =>
  /^(nim|zedagent|zedrouter)\/.*\.proto$|\/uplink\.proto$/.test(path),
);

it('finds our protos', () => {
  expect(ours.length).toBeGreaterThan(0);
});

it.each(ours)('the comments of %s have lines of at most 120 columns', (path) => {
  const lines = readFileSync(join(PROJECT_ROOT, 'proto', path), 'utf8').split('\n');
  expect(lines.filter((line) => line.trimStart().startsWith('//') && line.length > 120)).toEqual([]);
});
