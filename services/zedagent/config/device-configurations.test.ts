import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import {
  boundedNotices,
  configFromFileContent,
  fieldNotices,
  interpretPushed,
  type Problem,
} from '../../../lib/configuration/index.js';
import { atOnce } from '../../../lib/slices/index.js';

const FOLDER = 'services/zedagent/testing/configurations';

const lines = (word: string, problems: readonly Problem[]): readonly string[] =>
  boundedNotices(problems).map(({ field, description }) => `${word} ${field}: ${description}`);

/** What a push of a file is told about its fields, a line each. */
function told(name: string): string {
  const config = configFromFileContent(readFileSync(`${FOLDER}/${name}.yaml`), `${name}.yaml`);
  const interpretation = atOnce(interpretPushed(config));
  const problems = interpretation.kind === 'valid' ? [] : interpretation.problems;
  const { refused, warned } = fieldNotices(config);
  return [...lines('refused', [...problems, ...refused]), ...lines('warned', warned)].join('\n');
}

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));

/** The shapes in which devices of EVE are configured. */
describe('a device configuration', () => {
  it('stands in the folder', () => {
    expect(names.length).toBeGreaterThan(0);
  });

  it.each(names)('%s is told in full what does not come about', (name) => {
    expect(told(name)).toBe(readFileSync(`${FOLDER}/${name}.told.txt`, 'utf8').trimEnd());
  });
});
