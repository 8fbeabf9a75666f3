import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../clock/testing/eventually.js';
import { listTableText } from '../iproute-exec/nft-list.js';
import { run } from '../iproute-exec/run.js';
import { makeTestNamespace, type TestNamespace } from '../iproute-exec/testing.js';
import { formatParts, type ElementPart } from './element-parts.js';
import {
  changeSetElements,
  element,
  elementKey,
  formatElement,
  readSetElements,
  sameElement,
  type ElementTypes,
  type SetChange,
} from './set-element.js';
import { withSocket } from './wire/sockets.js';

let namespace: TestNamespace;

/** Sets of each kind, twice: one table is changed by netlink, the other by nft. */
const definitions = [
  'set names { type ifname; }',
  'set pairs { type ifname . ifname; }',
  'map rankings { type ifname : mark; }',
  'map zones { typeof iifname : ct zone; }',
  'map addresses { type ipv4_addr : mark; }',
  'map owners { type mark . inet_proto . inet_service : mark; }',
  'map targets { type mark . inet_proto . inet_service : ipv4_addr . inet_service; }',
  'set open { type mark; }',
  'set counted { type ifname; counter; }',
  'set brief { type mark; flags timeout; }',
  'chain first { accept; }',
  'chain second { drop; }',
  'map ways { type ifname . ipv4_addr : verdict; }',
];

const types: Readonly<Record<string, ElementTypes>> = {
  names: { key: ['ifname'] },
  pairs: { key: ['ifname', 'ifname'] },
  rankings: { key: ['ifname'], value: ['mark'] },
  zones: { key: ['ifname'], value: ['zone'] },
  addresses: { key: ['ipv4_addr'], value: ['mark'] },
  owners: { key: ['mark', 'inet_proto', 'inet_service'], value: ['mark'] },
  targets: { key: ['mark', 'inet_proto', 'inet_service'], value: ['ipv4_addr', 'inet_service'] },
  open: { key: ['mark'] },
  counted: { key: ['ifname'] },
  brief: { key: ['mark'] },
  ways: { key: ['ifname', 'ipv4_addr'], value: ['verdict'] },
};

type Parts = readonly ElementPart[];

/** `added`: keys, each with its value in a map. */
function change(set: string, deleted: readonly Parts[], added: readonly (readonly [Parts, Parts?])[]): SetChange {
  return {
    set,
    ...(types[set] ?? { key: [] }),
    deleted: deleted.map((key) => element(key)),
    added: added.map(([key, value]) => element(key, value)),
  };
}

const byNetlink = (changes: readonly SetChange[]): void => {
  changeSetElements({ family: 'inet', table: 'native', changes, boottimeMs: 0, namespace: namespace.name });
};

async function byNft(changes: readonly SetChange[]): Promise<void> {
  const statement = (verb: string, set: string, elements: readonly string[]): string =>
    elements.length === 0 ? '' : `${verb} element inet nft ${set} { ${elements.join(', ')} }\n`;
  const script = changes.map(
    ({ set, key, value, deleted, added }) =>
      statement(
        'delete',
        set,
        deleted.map((one) => formatParts(key, one.key)),
      ) +
      statement(
        'add',
        set,
        added.map((one) => formatElement({ key, value }, one)),
      ),
  );
  await run('nft', ['-f', '-'], { namespace: namespace.name, input: script.join('') });
}

const read = (set: string, boottimeMs = 0) =>
  withSocket('nftables', namespace.name, (socket) =>
    readSetElements(socket, { family: 'inet', table: 'native', set }, types[set] ?? { key: [] }, boottimeMs),
  );

/** Elements in a listing of a hash have no order. */
async function contents(table: string): Promise<readonly string[]> {
  const text = await listTableText('inet', table, { namespace: namespace.name });
  const sets = text.replace(/table inet \w+/, '').split('\n\t}\n');
  return sets.map((set) =>
    set
      .split(/,\s+|\{ | \}/)
      .sort()
      .join('|'),
  );
}

beforeAll(async () => {
  namespace = await makeTestNamespace();
});

afterAll(async () => {
  await namespace.remove();
});

beforeEach(async () => {
  const tables = ['native', 'nft'].map(
    (table) =>
      `add table inet ${table}\ndelete table inet ${table}\ntable inet ${table} {\n${definitions.join('\n')}\n}\n`,
  );
  await run('nft', ['-f', '-'], { namespace: namespace.name, input: tables.join('') });
});

describe('changeSetElements', () => {
  it('does what nft does, for elements of every kind', async () => {
    const steps: readonly (readonly SetChange[])[] = [
      [
        change('names', [], [[['bn1']], [['a-long-name.100']]]),
        change('pairs', [], [[['bn1', 'eth0']], [['bn2', 'wwan0']]]),
        change(
          'rankings',
          [],
          [
            [['bn1'], [0x00000123]],
            [['bn2'], [0x0000000f]],
          ],
        ),
        change(
          'zones',
          [],
          [
            [['bn1'], [1]],
            [['bn2'], [65535]],
          ],
        ),
        change(
          'addresses',
          [],
          [
            [['192.0.2.10'], [0xe0010000]],
            [['255.255.255.255'], [0xffffffff]],
          ],
        ),
        change(
          'owners',
          [],
          [
            [[0xe0010000, 6, 8080], [0xe0010001]],
            [[0xe0010000, 17, 53], [0xe0010002]],
          ],
        ),
        change(
          'targets',
          [],
          [
            [
              [0xe0010001, 6, 8080],
              ['10.77.0.2', 80],
            ],
            [
              [0xe0010001, 132, 1],
              ['10.77.0.3', 65535],
            ],
          ],
        ),
        change('open', [], [[[0xe0010001]]]),
        change('counted', [], [[['eth0']], [['wwan0']]]),
        change(
          'ways',
          [],
          [
            [['bn1', '10.77.0.2'], ['jump first']],
            [['bn2', '10.78.0.2'], ['jump second']],
          ],
        ),
      ],
      // A switch.
      [
        change('rankings', [['bn1']], [[['bn1'], [0x00000231]]]),
        change('zones', [['bn1']], [[['bn1'], [2]]]),
        change('open', [[0xe0010001]], [[[0xe0020001]]]),
        change('ways', [['bn1', '10.77.0.2']], [[['bn1', '10.77.0.2'], ['jump second']]]),
      ],
      [change('targets', [[0xe0010001, 6, 8080]], []), change('names', [['bn1'], ['a-long-name.100']], [])],
    ];
    for (const step of steps) {
      byNetlink(step);
      await byNft(step);
      const [native, nft] = [await contents('native'), await contents('nft')];
      expect(native).toEqual(nft);
      for (const { set, added } of step) {
        for (const one of added) expect(read(set)?.get(elementKey(one.key))).toEqual(one);
      }
      expect(native.join()).not.toBe('');
    }
  });

  it('does all or nothing, and says what was refused', async () => {
    byNetlink([change('rankings', [], [[['bn1'], [0x00000012]]])]);
    const before = await contents('native');
    expect(() => {
      byNetlink([
        change('names', [], [[['bn1']]]),
        change('rankings', [['bn2']], []),
        change('zones', [], [[['bn1'], [1]]]),
      ]);
    }).toThrow('nft: No such file or directory: delete element inet native rankings { "bn2" }');
    expect(() => {
      byNetlink([change('rankings', [], [[['bn1'], [0x00000021]]])]);
    }).toThrow('File exists: add element inet native rankings { "bn1" }');
    expect(() => {
      byNetlink([{ set: 'missing', key: ['ifname'], deleted: [], added: [element(['bn1'])] }]);
    }).toThrow('No such file or directory: add element inet native missing { "bn1" }');
    expect(await contents('native')).toEqual(before);
  });

  it.each<{ what: string; change: SetChange; problem: string }>([
    {
      what: 'a name that is too long',
      change: change('names', [], [[['sixteen-letters-']]]),
      problem: 'no interface name',
    },
    { what: 'a name that is a number', change: change('names', [], [[[1]]]), problem: 'no interface name' },
    { what: 'an address that is none', change: change('addresses', [['10.0.0.256']], []), problem: 'no IPv4 address' },
    {
      what: 'a port that is too large',
      change: change('owners', [[1, 6, 65_536]], []),
      problem: 'no number up to 65535',
    },
    { what: 'too few parts', change: change('owners', [[1, 6]], []), problem: 'has not 3 parts' },
    { what: 'something else', change: change('open', [['1; drop']], []), problem: 'no number up to 4294967295' },
    { what: 'a value that is missing', change: change('zones', [], [[['bn1']]]), problem: 'has not 1 parts' },
  ])('refuses $what, and does nothing of the rest', async ({ change: wrong, problem }) => {
    const refused = (): void => {
      byNetlink([change('open', [], [[[7]]]), wrong]);
    };
    expect(refused).toThrow(RangeError);
    expect(refused).toThrow(problem);
    expect((await contents('native')).join()).not.toContain('elements');
  });

  it('takes thousands in one transaction', async () => {
    const keys = Array.from({ length: 12_000 }, (_, index): Parts => [0xe0010001, 6, 1 + index]);
    byNetlink([
      change(
        'targets',
        [],
        keys.map((key, index) => [key, [`10.77.${index >> 8}.${index & 0xff}`, 80]]),
      ),
    ]);
    const listed = await listTableText('inet', 'native', { namespace: namespace.name });
    expect(listed.match(/0xe0010001/g)).toHaveLength(keys.length);
    expect([...(read('targets')?.keys() ?? [])].sort()).toEqual(keys.map(elementKey).sort());
    byNetlink([change('targets', keys, [])]);
    expect(read('targets')).toEqual(new Map());
  });

  it('changes nothing where there is nothing to change', async () => {
    byNetlink([]);
    byNetlink([change('names', [], [])]);
    expect((await contents('native')).join()).not.toContain('elements');
  });

  it('is an error of the kernel, by its number, where there is no such table or namespace', () => {
    const changes = [change('names', [], [[['bn1']]])];
    const to = (table: string, name: string) => () => {
      changeSetElements({ family: 'inet', table, changes, boottimeMs: 0, namespace: name });
    };
    expect(to('missing', namespace.name)).toThrow(expect.objectContaining({ name: 'NetlinkError', errno: 2 }));
    expect(to('native', 'evi-missing')).toThrow(
      expect.objectContaining({
        name: 'NetlinkError',
        message: expect.stringContaining('Cannot open network namespace'),
      }),
    );
  });
});

describe('elements that end by themselves', () => {
  const endsAtBoottimeMs = 5_000_000;
  const timed = (deleted: readonly number[], added: readonly (readonly [number, number])[]): SetChange => ({
    set: 'brief',
    key: ['mark'],
    deleted: deleted.map((mark) => element([mark], [], endsAtBoottimeMs)),
    added: added.map(([mark, endsAt]) => element([mark], [], endsAt)),
  });
  const apply = (changes: readonly SetChange[], boottimeMs: number): void => {
    changeSetElements({ family: 'inet', table: 'native', changes, boottimeMs, namespace: namespace.name });
  };

  it('are read back with their end, whatever the clock says', () => {
    apply([timed([], [[1, endsAtBoottimeMs]]), change('open', [], [[[1]]])], endsAtBoottimeMs - 60_000);
    const [found] = read('brief', endsAtBoottimeMs - 60_000)?.values() ?? [];
    expect(sameElement(found, element([1], [], endsAtBoottimeMs))).toBe(true);
    expect(sameElement(found, element([1], [], endsAtBoottimeMs + 3_000))).toBe(false);
    expect(sameElement(found, element([1]))).toBe(false);
    expect(read('open')?.get('1')).toEqual(element([1]));
  });

  it('are listed by nft with the time that they have', async () => {
    const one = element([1], [], endsAtBoottimeMs);
    apply([timed([], [[1, endsAtBoottimeMs]])], endsAtBoottimeMs - 90_000);
    expect(formatElement({ key: ['mark'] }, one, endsAtBoottimeMs - 90_000)).toBe('0x00000001 timeout 90000ms');
    expect(await listTableText('inet', 'native', { namespace: namespace.name })).toMatch(
      /0x00000001 timeout 1m30s expires 1m(30s|29s\d+ms)/,
    );
  });

  it('may be in a set beside others that do not', () => {
    apply([timed([], [[1, endsAtBoottimeMs]])], endsAtBoottimeMs - 60_000);
    changeSetElements({
      family: 'inet',
      table: 'native',
      changes: [{ set: 'brief', key: ['mark'], deleted: [], added: [element([2])] }],
      boottimeMs: 0,
      namespace: namespace.name,
    });
    expect(
      [...(read('brief')?.values() ?? [])].map((one) => [one.key[0], one.endsAtBoottimeMs !== undefined]).sort(),
    ).toEqual([
      [1, true],
      [2, false],
    ]);
  });

  it('go at once where their end has passed', async () => {
    apply([timed([], [[1, endsAtBoottimeMs]])], endsAtBoottimeMs + 60_000);
    await eventually(() => read('brief')?.size === 0);
  });

  it('are deleted whether they are still there or not', async () => {
    apply(
      [
        timed(
          [],
          [
            [1, endsAtBoottimeMs],
            [2, endsAtBoottimeMs],
          ],
        ),
      ],
      endsAtBoottimeMs - 60_000,
    );
    apply([timed([], [[3, endsAtBoottimeMs]])], endsAtBoottimeMs);
    await eventually(() => read('brief')?.has('3') === false);
    apply([timed([1, 3, 4], [])], endsAtBoottimeMs);
    expect([...(read('brief')?.keys() ?? [])]).toEqual(['2']);
  });

  it('get another end by being deleted and added in one transaction', () => {
    apply([timed([], [[1, endsAtBoottimeMs]])], endsAtBoottimeMs - 60_000);
    apply([timed([1], [[1, endsAtBoottimeMs + 600_000]])], endsAtBoottimeMs - 60_000);
    const [found] = read('brief', endsAtBoottimeMs - 60_000)?.values() ?? [];
    expect(sameElement(found, element([1], [], endsAtBoottimeMs + 600_000))).toBe(true);
  });
});

describe('readSetElements', () => {
  it('is undefined where there is no such set, and empty where it has no elements', () => {
    expect(read('missing')).toBeUndefined();
    expect(read('names')).toEqual(new Map());
  });

  it('leaves out what is of other types', () => {
    byNetlink([change('pairs', [], [[['bn1', 'eth0']]])]);
    const asTriple = withSocket('nftables', namespace.name, (socket) =>
      readSetElements(
        socket,
        { family: 'inet', table: 'native', set: 'pairs' },
        { key: ['ifname', 'ifname', 'mark'] },
        0,
      ),
    );
    expect(asTriple).toEqual(new Map());
  });
});
