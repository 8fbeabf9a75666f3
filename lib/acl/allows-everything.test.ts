import { describe, expect, it } from '@jest/globals';

import type { AccessEntry } from '../configuration/index.js';
import { EVERYTHING } from '../configuration/testing/access-entry.js';
import { allowsEverything } from './allows-everything.js';

const everywhere = { text: '0.0.0.0/0', prefixLength: 0, first: 0, last: 0xffff_ffff };
const tcp = { ...EVERYTHING, protocol: 6 };

describe('allowsEverything', () => {
  it.each<[string, readonly AccessEntry[], boolean]>([
    ['nothing', [], false],
    ['an entry without matches', [EVERYTHING], true],
    ['every address', [{ ...EVERYTHING, remoteNetwork: everywhere }], true],
    ['IPv6 alone', [{ ...EVERYTHING, remoteNetwork: 'ipv6' }], false],
    ['one protocol, then all', [tcp, EVERYTHING], true],
    ['one protocol', [tcp], false],
    ['one direction', [{ ...EVERYTHING, direction: 'egress' }], false],
    ['a drop before', [{ ...tcp, action: 'drop' }, EVERYTHING], false],
    ['a drop behind, which nothing comes to', [EVERYTHING, { ...tcp, action: 'drop' }], true],
    ['a limit before', [{ ...tcp, rate: { packets: 1, per: 'second', burst: 1 } }, EVERYTHING], false],
    ['apps of the network instance', [{ ...EVERYTHING, remoteIsMember: true }], false],
  ])('%s: %s', (_what, list, want) => {
    expect(allowsEverything(list)).toBe(want);
  });
});
