import { expect, it } from '@jest/globals';

import { countFlowsByMark, deleteFlowsByMark, readTcpFlowsByMark } from './conntrack-entry.js';

it.each([
  [-1, 1],
  [1, 2 ** 32],
  [0.5, 1],
  [Number.NaN, 1],
])('refuses mark %d/%d', async (mark, mask) => {
  for (const ask of [countFlowsByMark, deleteFlowsByMark, readTcpFlowsByMark]) {
    await expect(ask({ mark, mask })).rejects.toThrow(/no 32-bit number/);
  }
});
