import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CommandError } from './command-error.js';
import { findExecutable } from './environment.js';
import { listTableJson, listTableText } from './nft-list.js';
import { NftSession } from './nft-session.js';
import { run } from './run.js';
import { childrenWith, eventually, makeTestNamespace, type TestNamespace } from './testing.js';

let namespace: TestNamespace;
let session: NftSession;
let table: string;
let tables = 0;
let openedBefore: readonly number[];

const text = (): Promise<string> => listTableText('inet', table, { namespace: namespace.name });

/** The `nft -i` of the session under test; `ip netns exec` leaves no trace of the namespace in its arguments. */
async function childOf(): Promise<number> {
  await session.apply('');
  const own = (await childrenWith('nft -i')).filter((pid) => !openedBefore.includes(pid));
  const [pid] = own;
  if (pid === undefined || own.length > 1) throw new Error(`${own.length} new processes`);
  return pid;
}

beforeAll(async () => {
  namespace = await makeTestNamespace();
});

afterAll(async () => {
  await namespace.remove();
});

beforeEach(async () => {
  table = `t${++tables}`;
  openedBefore = await childrenWith('nft -i');
  session = new NftSession({ namespace: namespace.name, timeoutMs: 6_000 });
});

afterEach(async () => {
  await session.close();
});

describe('NftSession', () => {
  it('applies scripts, one after the other, whoever asks', async () => {
    await session.apply(`table inet ${table} {\n  map m { type ifname : mark; }\n}\n`);
    const elements = Array.from(
      { length: 50 },
      (_, index) => `add element inet ${table} m { "bn${index}" : ${index} }`,
    );
    await Promise.all(elements.map((element) => session.apply(element)));
    const listed = await text();
    expect(elements.filter((_, index) => !listed.includes(`"bn${index}" :`))).toEqual([]);
  });

  it('takes nothing, and a script of a megabyte', async () => {
    await session.apply('');
    const elements = Array.from({ length: 50_000 }, (_, index) => `10.${(index >> 8) & 255}.${index & 255}.1`);
    await session.apply(
      `table inet ${table} {\n  set s { type ipv4_addr; elements = { ${elements.join(', ')} } }\n}\n`,
    );
    expect((await text()).match(/10\.\d+\.\d+\.1/g)).toHaveLength(elements.length);
  });

  it('applies all or nothing, and names the lines at fault', async () => {
    await session.apply(`add table inet ${table}`);
    const script = [
      `add chain inet ${table} good`,
      `add rule inet ${table} none accept`,
      `add rule inet ${table} nil accept`,
    ];
    const error: unknown = await session.apply(script.join('\n')).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CommandError);
    const message = String(error);
    expect(message).toMatch(new RegExp(`line 2: .*No such file or directory.*: add rule inet ${table} none accept`));
    expect(message).toMatch(new RegExp(`line 3: .*No such file or directory.*: add rule inet ${table} nil accept`));
    expect(message).not.toMatch(/\/proc|\/run|include|cmdline/);
    expect(await text()).not.toContain('good');
  });

  it('is well again after a syntax error, an unfinished block and a stray quote', async () => {
    for (const script of ['nonsense', `table inet ${table} {`, 'add table inet "x', '}}}', 'add rule \\']) {
      await expect(session.apply(script)).rejects.toThrow(CommandError);
    }
    await session.apply(`add table inet ${table}`);
    expect(await text()).toContain(table);
  });

  it('sees what others change between its own transactions', async () => {
    await session.apply(`table inet ${table} {\n  chain c { }\n}`);
    await run('nft', ['add', 'chain', 'inet', table, 'theirs'], { namespace: namespace.name });
    await session.apply(`add rule inet ${table} theirs accept`);
    await run('nft', ['delete', 'table', 'inet', table], { namespace: namespace.name });
    await expect(session.apply(`add rule inet ${table} c accept`)).rejects.toThrow(/No such file or directory/);
    await session.apply(`add table inet ${table}`);
  });

  it('goes on after its child was killed', async () => {
    const pid = await childOf();
    process.kill(pid, 'SIGKILL');
    await eventually('it is gone', async () => !(await childrenWith('nft -i')).includes(pid));
    await session.apply(`add table inet ${table}`).catch(() => session.apply(`add table inet ${table}`));
    expect(await text()).toContain(table);
  });

  it('rejects what was under way when its child ends, and what takes too long', async () => {
    for (const [signal, message] of [
      ['SIGKILL', /ended by SIGKILL/],
      ['SIGSTOP', /no answer within 6000 ms/],
    ] as const) {
      const pid = await childOf();
      process.kill(pid, 'SIGSTOP');
      const asked = session.apply(`add table inet ${table}`);
      if (signal === 'SIGKILL') process.kill(pid, signal);
      await expect(asked).rejects.toThrow(message);
    }
    await session.apply(`add table inet ${table}`);
  });

  it('refuses after close, and leaves no process', async () => {
    const pid = await childOf();
    await session.close();
    await expect(session.apply('')).rejects.toThrow(/closed/);
    expect(await childrenWith('nft -i')).not.toContain(pid);
  });

  it('fails where the namespace does not exist', async () => {
    const lost = new NftSession({ namespace: 'evi-missing' });
    await expect(lost.apply('add table inet t')).rejects.toThrow(/Cannot open network namespace "evi-missing"/);
    await lost.close();
  });
});

describe('NftSession with an nft that has no interactive mode', () => {
  it('uses one process for each transaction', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'evi-nft-'));
    const path = process.env.PATH;
    const nft = findExecutable('nft') ?? '';
    const script = `#!/bin/sh\nif [ "$1" = -i ]; then echo 'Error: interactive CLI not supported' >&2; exit 1; fi\nexec ${nft} "$@"\n`;
    await writeFile(join(directory, 'nft'), script, { mode: 0o755 });
    process.env.PATH = `${directory}:${path ?? ''}`;
    const poor = new NftSession({ namespace: namespace.name });
    await poor.apply(`add table inet ${table}`);
    await expect(poor.apply(`add table inet ${table}\nadd rule inet ${table} none accept`)).rejects.toThrow(
      `add rule inet ${table} none accept`,
    );
    await poor.apply(`add chain inet ${table} c`);
    await poor.close();
    process.env.PATH = path;
    await rm(directory, { recursive: true });
    expect(await text()).toContain('chain c');
  });
});

describe('listing a table', () => {
  it('answers JSON and text, and says where there is no such table', async () => {
    const options = { namespace: namespace.name };
    expect(await listTableJson('inet', table, options)).toBeUndefined();
    expect(await text()).toBe('');
    await session.apply(`table inet ${table} {\n  set s { type inet_service; }\n}`);
    const listed = await listTableJson('inet', table, options);
    expect(listed?.nftables).toContainEqual({ set: expect.objectContaining({ name: 's', table }) });
    await expect(listTableJson('inet', 'a; flush ruleset', options)).rejects.toThrow(/no name of a table/);
    await expect(listTableJson('inet', table, { namespace: 'evi-missing' })).rejects.toThrow(/Cannot open/);
  });
});
