import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { PROJECT_ROOT } from '../../proto/descriptor-sets.js';

/** The folders whose own folders are rooms. Folders for tests, and goldens, are none. */
const floors = [
  'lib',
  'lib/decision',
  'services',
  'services/zedagent',
  'services/nim',
  'services/zedrouter',
  'clients',
];
const rooms = [...floors, 'clients/downloader', 'lab', 'e2e']
  .flatMap((floor) => foldersIn(floor).map((name) => `${floor}/${name}`))
  .filter((room) => !floors.includes(room));

function foldersIn(floor: string): readonly string[] {
  return readdirSync(join(PROJECT_ROOT, floor), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['testing', 'golden', 'node_modules'].includes(entry.name))
    .map(({ name }) => name);
}

function rowsOfTable(): readonly string[] {
  const architecture = readFileSync(join(PROJECT_ROOT, 'ARCHITECTURE.md'), 'utf8');
  const [, table = ''] = architecture.split('\n## Every room\n');
  return [...table.matchAll(/^\| `([^`]+)` /gm)].map(([, room]) => room ?? '');
}

describe('the table of every room in ARCHITECTURE.md', () => {
  const rows = rowsOfTable();

  it.each(rooms)('has a row for %s', (room) => {
    expect(rows).toContain(room);
  });

  it.each(rows)('has a room for its row %s', (room) => {
    expect(existsSync(join(PROJECT_ROOT, room))).toBe(true);
  });
});
