import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { loadRuleset } from '../iproute-exec/nft-load.js';
import { run } from '../iproute-exec/run.js';
import { makeTestNamespace, type TestNamespace } from '../iproute-exec/testing.js';
import { readNftTable } from './nft-table.js';
import { changeSetElements, element, readSetCounters } from './set-element.js';

let namespace: TestNamespace;

const SCRIPT = `add table inet t
delete table inet t
table inet t {
  counter dropped { }
  set names { type ifname; }
  set seen { type ifname; counter; elements = { "lo" } }
  map verdicts { type ifname : verdict; }
  map marks { type ifname : mark; elements = { "eth0" : 0x1 } }
  chain input { type filter hook input priority 10; policy accept;
    iifname @names accept
    iifname vmap @verdicts
    ct state invalid counter name dropped drop
  }
  chain output { type filter hook output priority 0; policy accept;
    oifname @seen
    meta mark set oifname map @marks
  }
  chain side { accept; }
}
`;

beforeAll(async () => {
  namespace = await makeTestNamespace();
});

afterAll(async () => {
  await namespace.remove();
});

beforeEach(async () => {
  await nft('flush ruleset');
  await nft(SCRIPT);
});

const nft = (text: string): Promise<void> => loadRuleset(text, { namespace: namespace.name });

const table = (name = 't') =>
  readNftTable({
    family: 'inet',
    table: name,
    sets: { names: { key: ['ifname'] }, marks: { key: ['ifname'], value: ['mark'] } },
    boottimeMs: 0,
    namespace: namespace.name,
  });
const digest = (): string | undefined => table().chainsDigest;

describe('the digest of chains', () => {
  it('is the same after the same script, once more or in another table beside others', async () => {
    const first = digest();
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    await nft(SCRIPT);
    expect(digest()).toBe(first);
    await nft('flush ruleset\ntable inet other { chain c { accept; }; }\ntable ip t { chain c { drop; }; }\n' + SCRIPT);
    expect(digest()).toBe(first);
  });

  it.each([
    ['elements that come', 'add element inet t names { "bn1", "bn2" }'],
    ['elements that go', 'delete element inet t marks { "eth0" }'],
    ['jumps that come with elements', 'add element inet t verdicts { "bn1" : jump side }'],
    ['other tables', 'table inet other { chain input { type filter hook input priority 0; drop; }; }'],
    ['a set that nobody asks', 'add set inet t extra { type mark; }'],
    ['a named counter', 'reset counters table inet t'],
  ])('stays with %s', async (_, change) => {
    const before = digest();
    await nft(change);
    expect(digest()).toBe(before);
  });

  it('stays while elements count, and when jumps go', async () => {
    const before = digest();
    await nft('add element inet t verdicts { "bn1" : jump side }');
    await run('busybox', ['ping', '-c', '1', '127.0.0.1'], { namespace: namespace.name });
    const counts = readSetCounters({ family: 'inet', table: 't', set: 'seen', namespace: namespace.name });
    expect(counts?.get('lo')?.packets).toBeGreaterThan(0);
    await nft('delete element inet t verdicts { "bn1" : jump side }');
    expect(digest()).toBe(before);
  });

  it.each([
    ['a rule that comes', 'add rule inet t side drop'],
    ['a rule that comes first', 'insert rule inet t input drop'],
    ['a rule that says the same twice', 'add rule inet t side accept'],
    ['rules that go', 'flush chain inet t side'],
    ['another policy', 'add chain inet t input { type filter hook input priority 10; policy drop; }'],
    ['a chain that comes', 'add chain inet t theirs'],
    ['a chain with a hook that comes', 'add chain inet t theirs { type filter hook forward priority 0; }'],
    ['a chain that goes', 'flush chain inet t side\ndelete chain inet t side'],
    ['a chain with another name', 'rename chain inet t side aside'],
    ['another priority', 'delete chain inet t output\nadd chain inet t output { type filter hook output priority 5; }'],
    [
      'rules in another order',
      'flush chain inet t output\nadd rule inet t output meta mark set oifname map @marks\nadd rule inet t output oifname @seen',
    ],
    ['a table that sleeps', 'add table inet t { flags dormant; }'],
    ['a rule with a comment', 'add rule inet t side accept comment "theirs"'],
  ])('changes with %s', async (_, change) => {
    const before = digest();
    await nft(change);
    expect(digest()).not.toBe(before);
    await nft(SCRIPT);
    expect(digest()).toBe(before);
  });

  it('changes with a rule that is replaced, or deleted by its handle', async () => {
    const { stdout } = await run('nft', ['-a', 'list', 'chain', 'inet', 't', 'side'], { namespace: namespace.name });
    const handle = /accept # handle (\d+)/.exec(stdout)?.[1] ?? '';
    const before = digest();
    await nft(`replace rule inet t side handle ${handle} drop`);
    const replaced = digest();
    await nft(`delete rule inet t side handle ${handle}`);
    expect(new Set([before, replaced, digest()]).size).toBe(3);
    await nft('add rule inet t side accept');
    expect(digest()).toBe(before);
  });

  it('changes with the elements of a set without a name, though the rule names it as before', async () => {
    await nft('add rule inet t side tcp dport { 80, 81 } drop');
    const before = digest();
    await nft('flush chain inet t side');
    await nft('add rule inet t side accept; add rule inet t side tcp dport { 80, 82 } drop');
    const other = digest();
    await nft('flush chain inet t side');
    await nft('add rule inet t side accept; add rule inet t side tcp dport { 81, 80 } drop');
    expect(other).not.toBe(before);
    expect(digest()).toBe(before);
  });

  it('is undefined where there is no such table, and its sets are empty', async () => {
    expect(table('missing')).toEqual({ chainsDigest: undefined, elements: { names: new Map(), marks: new Map() } });
    await nft('flush ruleset');
    expect(digest()).toBeUndefined();
  });
});

describe('the elements of a table', () => {
  it('are read by set', () => {
    changeSetElements({
      family: 'inet',
      table: 't',
      changes: [{ set: 'names', key: ['ifname'], deleted: [], added: [element(['bn1'])] }],
      boottimeMs: 0,
      namespace: namespace.name,
    });
    expect(table().elements).toEqual({
      names: new Map([['bn1', element(['bn1'])]]),
      marks: new Map([['eth0', element(['eth0'], [1])]]),
    });
  });

  it('are an error where the namespace is not there', () => {
    expect(() =>
      readNftTable({ family: 'inet', table: 't', sets: {}, boottimeMs: 0, namespace: 'evi-missing' }),
    ).toThrow(expect.objectContaining({ name: 'NetlinkError' }));
  });
});
