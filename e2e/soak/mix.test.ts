import { describe, expect, it } from '@jest/globals';

import { sabotageKinds } from '../../lab/index.js';
import { blowText, mixOf, mixText } from './mix.js';

describe('mixes of blows', () => {
  it('are the same for the same seed and number, and others for others', () => {
    expect(mixText(mixOf(1, 1))).toBe(mixText(mixOf(1, 1)));
    expect(new Set([mixOf(1, 1), mixOf(1, 2), mixOf(2, 1)].map(mixText)).size).toBe(3);
  });

  it('hold two to five blows, and in time every kind of sabotage', () => {
    const mixes = Array.from({ length: 300 }, (_, number) => mixOf(7, number));
    for (const mix of mixes) expect([2, 3, 4, 5]).toContain(mix.length);
    const seen = new Set(mixes.flat().map(({ blow }) => blowText(blow)));
    for (const kind of sabotageKinds) expect(seen).toContain(`device ${kind}`);
  });
});
