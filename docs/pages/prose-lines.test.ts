import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

import { PROJECT_ROOT } from '../../proto/descriptor-sets.js';
import { pages as generatedPages } from './index.js';

/** Pages that people write; tables, code and links may be as long as they need to be. */
const pages = [
  'ARCHITECTURE.md',
  'SECURITY.md',
  ...readdirSync(join(PROJECT_ROOT, 'docs')).map((name) => `docs/${name}`),
]
  .filter((path) => path.endsWith('.md'))
  .filter((path) => !generatedPages.some(({ file }) => file === path));

it.each(pages)('%s has lines of prose of at most 120 columns', (path) => {
  const text = readFileSync(join(PROJECT_ROOT, path), 'utf8').replace(/^ *```[^]*?^ *```/gm, '');
  const isProse = (line: string): boolean => !/^\s*\||^\s*\S+$/.test(line);
  expect(text.split('\n').filter((line) => line.length > 120 && isProse(line))).toEqual([]);
});
