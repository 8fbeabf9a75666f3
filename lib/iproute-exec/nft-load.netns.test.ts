import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CommandError } from './command-error.js';
import { listTableText } from './nft-list.js';
import { loadRuleset } from './nft-load.js';
import { run } from './run.js';
import { makeTestNamespace, type TestNamespace } from './testing.js';

let namespace: TestNamespace;
let table: string;
let tables = 0;

const text = (): Promise<string> => listTableText('inet', table, { namespace: namespace.name });
const load = (script: string, timeoutMs?: number): Promise<void> =>
  loadRuleset(script, { namespace: namespace.name, ...(timeoutMs === undefined ? {} : { timeoutMs }) });

beforeAll(async () => {
  namespace = await makeTestNamespace();
});

afterAll(async () => {
  await namespace.remove();
});

beforeEach(() => {
  table = `t${++tables}`;
});

describe('loadRuleset', () => {
  it('executes scripts, whoever asks at the same time', async () => {
    await load(`table inet ${table} {\n  map m { type ifname : mark; }\n}\n`);
    const elements = Array.from({ length: 8 }, (_, index) => `add element inet ${table} m { "bn${index}" : ${index} }`);
    await Promise.all(elements.map((element) => load(element)));
    const listed = await text();
    expect(elements.filter((_, index) => !listed.includes(`"bn${index}" :`))).toEqual([]);
  });

  it('takes nothing, and a script of a megabyte', async () => {
    await load('');
    const elements = Array.from({ length: 50_000 }, (_, index) => `10.${(index >> 8) & 255}.${index & 255}.1`);
    await load(`table inet ${table} {\n  set s { type ipv4_addr; elements = { ${elements.join(', ')} } }\n}\n`);
    expect((await text()).match(/10\.\d+\.\d+\.1/g)).toHaveLength(elements.length);
  });

  it('does all or nothing, and names the lines at fault', async () => {
    await load(`add table inet ${table}`);
    const script = [
      `add chain inet ${table} good`,
      `add rule inet ${table} none accept`,
      `add rule inet ${table} nil accept`,
    ];
    const error: unknown = await load(script.join('\n')).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CommandError);
    const message = String(error);
    expect(message).toMatch(new RegExp(`line 2: .*No such file or directory.*: add rule inet ${table} none accept`));
    expect(message).toMatch(new RegExp(`line 3: .*No such file or directory.*: add rule inet ${table} nil accept`));
    expect(message).not.toMatch(/\/proc|\/run|\/dev|include|stdin/);
    expect(await text()).not.toContain('good');
  });

  it.each(['nonsense', 'table inet x {', 'add table inet "x', '}}}', 'add rule \\'])('refuses %j', async (script) => {
    await expect(load(script)).rejects.toThrow(CommandError);
    await load(`add table inet ${table}`);
    expect(await text()).toContain(table);
  });

  it('sees what others change between two scripts', async () => {
    await load(`table inet ${table} {\n  chain c { }\n}`);
    await run('nft', ['add', 'chain', 'inet', table, 'theirs'], { namespace: namespace.name });
    await load(`add rule inet ${table} theirs accept`);
    await run('nft', ['delete', 'table', 'inet', table], { namespace: namespace.name });
    await expect(load(`add rule inet ${table} c accept`)).rejects.toThrow(/No such file or directory/);
    await load(`add table inet ${table}`);
  });

  it('repeats little of a line with a long list that is wrong', async () => {
    const elements = Array.from({ length: 100_000 }, (_, index) => `"port${index}"`);
    const wrong = load(`add element inet ${table} absent { ${elements.join(', ')} }`);
    const error: unknown = await wrong.catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/line 1: .*No such file or directory/);
    expect(String(error).length).toBeLessThan(500);
  });

  it('gives up what takes too long', async () => {
    await expect(load(`add table inet ${table}`, 1)).rejects.toThrow(/no end within 1 ms/);
  });

  it('fails where the namespace does not exist', async () => {
    await expect(loadRuleset('add table inet t', { namespace: 'evi-missing' })).rejects.toThrow(
      /Cannot open network namespace "evi-missing"/,
    );
  });
});

describe('loadRuleset with an nft that is not well', () => {
  let directory: string;
  const path = process.env.PATH;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'evi-nft-'));
    process.env.PATH = `${directory}:${path ?? ''}`;
  });

  afterEach(async () => {
    process.env.PATH = path;
    await rm(directory, { recursive: true });
  });

  it.each([
    { what: 'does not end', script: 'exec sleep 60', error: /no end within 1000 ms/ },
    { what: 'is killed', script: 'kill -9 $$', error: /ended by SIGKILL/ },
    { what: 'says nothing', script: 'exit 3', error: /exit code 3$/ },
    { what: 'says what nobody knows', script: 'echo odd >&2; exit 1', error: /exit code 1: odd/ },
    { what: 'floods', script: 'exec cat /dev/zero >&2', error: /more than 16777216 bytes of output/ },
  ])('tells of one that $what', async ({ what, script, error }) => {
    await writeFile(join(directory, 'nft'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const loaded = load('add table inet t', what === 'does not end' ? 1_000 : 20_000);
    await expect(loaded).rejects.toThrow(CommandError);
    await expect(loaded).rejects.toThrow(error);
  });
});

describe('listTableText', () => {
  it('is empty where there is no such table', async () => {
    expect(await text()).toBe('');
    await load(`table inet ${table} {\n  set s { type inet_service; }\n}`);
    expect(await text()).toMatch(/set s \{\s+type inet_service/);
  });

  it('refuses what is no name, and fails where the namespace does not exist', async () => {
    const options = { namespace: namespace.name };
    await expect(listTableText('inet', 'a; flush ruleset', options)).rejects.toThrow(/no name of a table/);
    await expect(listTableText('inet', table, { namespace: 'evi-missing' })).rejects.toThrow(/Cannot open/);
  });
});
