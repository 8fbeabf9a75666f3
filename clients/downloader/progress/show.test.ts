import { describe, expect, it } from '@jest/globals';

import { barText } from './show.js';

const port = { label: 'wwan0', priority: 1, grantId: undefined };

describe('the bar', () => {
  it.each([
    { receivedBytes: 0, sizeBytes: 4_000_000, text: `[${'-'.repeat(40)}] 0% 0 B of 4.0 MB` },
    {
      receivedBytes: 990_000,
      sizeBytes: 4_000_000,
      text: `[${'='.repeat(9)}${'-'.repeat(31)}] 24% 990.0 kB of 4.0 MB`,
    },
    { receivedBytes: 4_000_000, sizeBytes: 4_000_000, text: `[${'='.repeat(40)}] 100% 4.0 MB of 4.0 MB` },
    { receivedBytes: 4_000_001, sizeBytes: 4_000_000, text: `[${'='.repeat(40)}] 100% 4.0 MB of 4.0 MB` },
    { receivedBytes: 1_000_000, sizeBytes: undefined, text: '1.0 MB' },
  ])('says where, how much and how fast: %j', ({ receivedBytes, sizeBytes, text }) => {
    const progress = { kind: 'progress', port, receivedBytes, sizeBytes } as const;
    expect(barText(progress, 2_000_000)).toBe(`wwan0 (priority 1) ${text} 2.0 MB/s`);
  });
});
