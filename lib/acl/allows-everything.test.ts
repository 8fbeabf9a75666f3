import { describe, expect, it } from '@jest/globals';

import type { AccessEntry } from '../configuration/index.js';
import { EVERYTHING as all } from '../configuration/testing/access-entry.js';
import { allowsEverything } from './allows-everything.js';

const everywhere = { text: '0.0.0.0/0', prefixLength: 0, first: 0, last: 0xffff_ffff };
const tcp = { ...all, protocol: 6 };

describe('allowsEverything', () => {
  it.each<[string, readonly AccessEntry[], boolean]>([
    ['nothing', [], false],
    ['an entry without matches', [all], true],
    ['every address', [{ ...all, remoteNetwork: everywhere }], true],
    ['IPv6 alone', [{ ...all, remoteNetwork: 'ipv6' }], false],
    ['one protocol, then all', [tcp, all], true],
    ['one protocol', [tcp], false],
    ['one direction', [{ ...all, direction: 'egress' }], false],
    ['a drop before', [{ ...tcp, action: 'drop' }, all], false],
    ['a drop behind, which nothing comes to', [all, { ...tcp, action: 'drop' }], true],
    ['a limit before', [{ ...tcp, rate: { packets: 1, per: 'second', burst: 1 } }, all], false],
    ['apps of the network instance', [{ ...all, remoteIsMember: true }], false],
  ])('%s: %s', (_what, list, want) => {
    expect(allowsEverything(list)).toBe(want);
  });
});
