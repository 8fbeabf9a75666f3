import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { listTableText } from '../nft-list.js';
import { run } from '../run.js';
import { makeTestNamespace, type TestNamespace } from '../testing.js';
import { changeSetElements, type ElementChange } from './set-elements.js';

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
];

const types: Readonly<Record<string, Pick<ElementChange, 'key' | 'value'>>> = {
  names: { key: ['ifname'] },
  pairs: { key: ['ifname', 'ifname'] },
  rankings: { key: ['ifname'], value: ['mark'] },
  zones: { key: ['ifname'], value: ['zone'] },
  addresses: { key: ['ipv4_addr'], value: ['mark'] },
  owners: { key: ['mark', 'inet_proto', 'inet_service'], value: ['mark'] },
  targets: { key: ['mark', 'inet_proto', 'inet_service'], value: ['ipv4_addr', 'inet_service'] },
  open: { key: ['mark'] },
  counted: { key: ['ifname'] },
};

type Added = readonly (readonly [string, string])[];

function change(set: string, deleted: readonly string[], added: Added): ElementChange {
  return { set, ...(types[set] ?? { key: [] }), deleted, added };
}

const byNetlink = (changes: readonly ElementChange[]): void => {
  changeSetElements({ family: 'inet', table: 'native', changes, namespace: namespace.name });
};

async function byNft(changes: readonly ElementChange[]): Promise<void> {
  const statement = (verb: string, set: string, elements: readonly string[]): string =>
    elements.length === 0 ? '' : `${verb} element inet nft ${set} { ${elements.join(', ')} }\n`;
  const script = changes.map(
    ({ set, deleted, added }) =>
      statement('delete', set, deleted) +
      statement(
        'add',
        set,
        added.map(([key, value]) => (value === '' ? key : `${key} : ${value}`)),
      ),
  );
  await run('nft', ['-f', '-'], { namespace: namespace.name, input: script.join('') });
}

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
    const steps: readonly (readonly ElementChange[])[] = [
      [
        change(
          'names',
          [],
          [
            ['"bn1"', ''],
            ['"a-long-name.100"', ''],
          ],
        ),
        change(
          'pairs',
          [],
          [
            ['"bn1" . "eth0"', ''],
            ['"bn2" . "wwan0"', ''],
          ],
        ),
        change(
          'rankings',
          [],
          [
            ['"bn1"', '0x00000123'],
            ['"bn2"', '0x0000000f'],
          ],
        ),
        change(
          'zones',
          [],
          [
            ['"bn1"', '1'],
            ['"bn2"', '65535'],
          ],
        ),
        change(
          'addresses',
          [],
          [
            ['192.0.2.10', '0xe0010000'],
            ['255.255.255.255', '0xffffffff'],
          ],
        ),
        change(
          'owners',
          [],
          [
            ['0xe0010000 . tcp . 8080', '0xe0010001'],
            ['0xe0010000 . udp . 53', '0xe0010002'],
          ],
        ),
        change(
          'targets',
          [],
          [
            ['0xe0010001 . tcp . 8080', '10.77.0.2 . 80'],
            ['0xe0010001 . 132 . 1', '10.77.0.3 . 65535'],
          ],
        ),
        change('open', [], [['0xe0010001', '']]),
        change(
          'counted',
          [],
          [
            ['"eth0"', ''],
            ['"wwan0"', ''],
          ],
        ),
      ],
      // A switch.
      [
        change('rankings', ['"bn1"'], [['"bn1"', '0x00000231']]),
        change('zones', ['"bn1"'], [['"bn1"', '2']]),
        change('open', ['0xe0010001'], [['0xe0020001', '']]),
      ],
      [change('targets', ['0xe0010001 . tcp . 8080'], []), change('names', ['"bn1"', '"a-long-name.100"'], [])],
    ];
    for (const step of steps) {
      byNetlink(step);
      await byNft(step);
      const [native, nft] = [await contents('native'), await contents('nft')];
      expect(native).toEqual(nft);
      expect(native.join()).not.toBe('');
    }
  });

  it('does all or nothing, and says what was refused', async () => {
    byNetlink([change('rankings', [], [['"bn1"', '0x00000012']])]);
    const before = await contents('native');
    expect(() => {
      byNetlink([
        change('names', [], [['"bn1"', '']]),
        change('rankings', ['"bn2"'], []),
        change('zones', [], [['"bn1"', '1']]),
      ]);
    }).toThrow('nft: No such file or directory: delete element inet native rankings { "bn2" }');
    expect(() => {
      byNetlink([change('rankings', [], [['"bn1"', '0x00000021']])]);
    }).toThrow('File exists: add element inet native rankings { "bn1" }');
    expect(() => {
      byNetlink([{ set: 'missing', key: ['ifname'], deleted: [], added: [['"bn1"', '']] }]);
    }).toThrow('No such file or directory: add element inet native missing { "bn1" }');
    expect(await contents('native')).toEqual(before);
  });

  it.each<{ what: string; change: ElementChange; problem: string }>([
    {
      what: 'a name that is too long',
      change: change('names', [], [['"sixteen-letters-"', '']]),
      problem: 'no interface name',
    },
    { what: 'a name without quotes', change: change('names', [], [['bn1', '']]), problem: 'no interface name' },
    { what: 'an address that is none', change: change('addresses', ['10.0.0.256'], []), problem: 'no IPv4 address' },
    {
      what: 'a port that is too large',
      change: change('owners', ['0x1 . tcp . 65536'], []),
      problem: 'no number up to 65535',
    },
    { what: 'too few parts', change: change('owners', ['0x1 . tcp'], []), problem: 'has not 3 parts' },
    { what: 'something else', change: change('open', ['1; drop'], []), problem: 'no number up to 4294967295' },
  ])('refuses $what', ({ change: wrong, problem }) => {
    expect(() => {
      byNetlink([wrong]);
    }).toThrow(problem);
  });

  it('takes thousands in one transaction', async () => {
    const added = Array.from({ length: 12_000 }, (_, index) => {
      const port = 1 + (index % 60_000);
      return [`0xe0010001 . tcp . ${port}`, `10.77.${index >> 8}.${index & 0xff} . ${port}`] as const;
    });
    byNetlink([change('targets', [], added)]);
    const listed = await listTableText('inet', 'native', { namespace: namespace.name });
    expect(listed.match(/0xe0010001/g)).toHaveLength(added.length);
    byNetlink([
      change(
        'targets',
        added.map(([key]) => key),
        [],
      ),
    ]);
    expect(await listTableText('inet', 'native', { namespace: namespace.name })).not.toContain('0xe0010001');
  });

  it('changes nothing where there is nothing to change', async () => {
    byNetlink([]);
    byNetlink([change('names', [], [])]);
    expect((await contents('native')).join()).not.toContain('elements');
  });
});
