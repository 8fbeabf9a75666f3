import { describe, expect, it } from '@jest/globals';

import { allocateIds } from './id-allocator.js';

const range = { first: 1, last: 4 };

describe('allocateIds', () => {
  it.each<{
    what: string;
    previous: [string, number][];
    names: string[];
    reserved?: number[];
    want: [string, number][];
  }>([
    {
      what: 'gives the lowest free ones in order',
      previous: [],
      names: ['b', 'a'],
      want: [
        ['b', 1],
        ['a', 2],
      ],
    },
    {
      what: 'keeps what is there',
      previous: [['a', 3]],
      names: ['b', 'a'],
      want: [
        ['a', 3],
        ['b', 1],
      ],
    },
    {
      what: 'reuses what nobody wants',
      previous: [
        ['gone', 1],
        ['a', 2],
      ],
      names: ['a', 'b'],
      want: [
        ['a', 2],
        ['b', 1],
      ],
    },
    { what: 'passes over reserved ones', previous: [], names: ['a'], reserved: [1, 2], want: [['a', 3]] },
    {
      what: 'drops a kept one that is reserved now',
      previous: [['a', 1]],
      names: ['a'],
      reserved: [1],
      want: [['a', 2]],
    },
    { what: 'drops one out of range', previous: [['a', 9]], names: ['a'], want: [['a', 1]] },
    {
      what: 'leaves out what no number is left for',
      previous: [],
      names: ['a', 'b', 'c', 'd', 'e'],
      want: [
        ['a', 1],
        ['b', 2],
        ['c', 3],
        ['d', 4],
      ],
    },
    {
      what: 'gives no number twice, whatever is remembered',
      previous: [
        ['a', 1],
        ['b', 1],
      ],
      names: ['a', 'b'],
      want: [
        ['a', 1],
        ['b', 2],
      ],
    },
  ])('$what', ({ previous, names, reserved, want }) => {
    expect(new Map(allocateIds(new Map(previous), names, range, new Set(reserved)))).toEqual(new Map(want));
  });
});
