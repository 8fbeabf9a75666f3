import type { JsonValue } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { differenceLine, differences } from './difference.js';

const ni = (uuid: string, displayname: string, mtu = 1500) => ({ uuidandversion: { uuid }, displayname, mtu });

const cases: readonly (readonly [string, JsonValue, JsonValue, readonly string[]])[] = [
  ['nothing', { a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }, []],
  ['a value', { a: { b: 'x' } }, { a: { b: 'y' } }, ['~ a.b: "x" -> "y"']],
  ['an added field', {}, { a: { b: true } }, ['+ a: {"b":true}']],
  ['a removed field', { a: 'x' }, {}, ['- a: "x"']],
  ['another kind of value', { a: [1] }, { a: { b: 1 } }, ['~ a: [1] -> {"b":1}']],
  [
    'an item put in front of others',
    { networkInstances: [ni('1', 'ni1')] },
    { networkInstances: [ni('0', 'ni0'), ni('1', 'ni1', 1400)] },
    [
      '~ networkInstances[ni1].mtu: 1500 -> 1400',
      '+ networkInstances[ni0]: {"uuidandversion":{"uuid":"0"},"displayname":"ni0","mtu":1500}',
    ],
  ],
  [
    'ports by their name',
    {
      systemAdapterList: [
        { name: 'eth0', cost: 0 },
        { name: 'wwan0', cost: 5 },
      ],
    },
    { systemAdapterList: [{ name: 'wwan0', cost: 9 }] },
    ['- systemAdapterList[eth0]: {"name":"eth0","cost":0}', '~ systemAdapterList[wwan0].cost: 5 -> 9'],
  ],
  [
    'items that share a name, by their place',
    {
      acls: [
        { name: 'a', id: 1 },
        { name: 'a', id: 2 },
      ],
    },
    {
      acls: [
        { name: 'a', id: 1 },
        { name: 'a', id: 3 },
        { name: 'b', id: 4 },
      ],
    },
    ['~ acls[1].id: 2 -> 3', '+ acls[2]: {"name":"b","id":4}'],
  ],
  ['plain items by their place', { dns: ['a', 'b'] }, { dns: ['a'] }, ['- dns[1]: "b"']],
];

describe('differences', () => {
  it.each(cases)('finds %s', (_what, from, to, expected) => {
    expect(differences('', from, to).map(differenceLine)).toEqual(expected);
  });
});
