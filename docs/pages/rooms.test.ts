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

interface Row {
  readonly room: string;
  readonly touches: string;
}

function rowsOfTable(): readonly Row[] {
  const architecture = readFileSync(join(PROJECT_ROOT, 'ARCHITECTURE.md'), 'utf8');
  const [, table = ''] = architecture.split('\n## Every room\n');
  return [...table.matchAll(/^\| `([^`]+)` .*\|([^|]*)\|$/gm)].map(([, room = '', touches = '']) => ({
    ...{ room, touches: touches.trim() },
  }));
}

/** What the world outside is reached by; rooms that answer requests refuse by errors of RPC, and may import those. */
const WORLD = /^(node:(fs|child_process|dgram|https?|http2|tls|dns|process|timers)(\/.*)?|iproute-exec)$/;
const ROOMS_OF_THE_WORLD = /\/(iproute-exec|durable|observability|uplink-socket|libc|wireguard-go|history)\/index\.js$/;
const RPC = /^@grpc\/|\/rpc\/index\.js$/;

/** What the product's files in a room import that pure code must not, each with its file. */
function worldlyImports({ room, touches }: Row): readonly string[] {
  const refuses = /^pure, (refusals of RPC aside|likewise)/.test(touches);
  return readdirSync(join(PROJECT_ROOT, room))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) =>
      [...readFileSync(join(PROJECT_ROOT, room, name), 'utf8').matchAll(/\bfrom '([^']+)';$/gm)]
        .map(([, from = '']) => from)
        .filter((from) => WORLD.test(from) || ROOMS_OF_THE_WORLD.test(from) || (!refuses && RPC.test(from)))
        .map((from) => `${name}: ${from}`),
    );
}

describe('the table of every room in ARCHITECTURE.md', () => {
  const rows = rowsOfTable();
  const pure = rows.filter(({ touches }) => touches.startsWith('pure'));

  it.each(rooms)('has a row for %s', (room) => {
    expect(rows.map((row) => row.room)).toContain(room);
  });

  it.each(rows)('has a room for its row $room', ({ room }) => {
    expect(existsSync(join(PROJECT_ROOT, room))).toBe(true);
  });

  it('says of some rooms that they are pure', () => {
    expect(pure.length).toBeGreaterThan(0);
  });

  it.each(pure)('says that $room is pure, which imports nothing of the outside world', (row) => {
    expect(worldlyImports(row)).toEqual([]);
  });
});
