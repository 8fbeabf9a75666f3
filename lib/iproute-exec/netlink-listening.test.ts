import { expect, it } from '@jest/globals';
import { hasListener } from './netlink-listening.js';

const table = `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
00000000d13ff001 12  9610       00000140 0        0        0     2        0        21965
0000000047ae2fc8 0   9621       00000000 0        0        0     2        0        21977
`;

it.each([
  [9610, true],
  [9621, false],
  [961, false],
])('process %d listens: %s', (pid, listens) => {
  expect(hasListener(table, pid)).toBe(listens);
});
