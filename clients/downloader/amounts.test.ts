import { describe, expect, it } from '@jest/globals';

import { bytesText, rateOf, timeOf } from './amounts.js';

it.each([
  ['500k', 500_000],
  ['2M', 2_000_000],
  ['1.5M', 1_500_000],
  ['1000', 1_000],
  ['999', undefined],
  ['0', undefined],
  ['fast', undefined],
  ['5MB', undefined],
  ['-5k', undefined],
])('the rate %s', (text, rate) => {
  expect(rateOf(text)).toBe(rate);
});

it.each([
  ['30', 30_000],
  ['30s', 30_000],
  ['10m', 600_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  ['soon', undefined],
])('the time %s', (text, ms) => {
  expect(timeOf(text)).toBe(ms);
});

describe('bytesText', () => {
  it('is for people', () => {
    expect([0, 999, 1_000, 1_500_000, 2e9].map(bytesText)).toEqual(['0 B', '999 B', '1.0 kB', '1.5 MB', '2.0 GB']);
  });
});
