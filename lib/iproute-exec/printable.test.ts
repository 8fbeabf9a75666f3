import { describe, expect, it } from '@jest/globals';
import { printable } from './printable.js';

describe('printable', () => {
  it.each([
    ['a word', 'eth0', '"eth0"'],
    ['what would break a line of a log', 'a\nb"', '"a\\nb\\""'],
    ['the beginning of what is long', 'x'.repeat(100), `"${'x'.repeat(80)}..."`],
  ])('prints %s', (_, text, printed) => {
    expect(printable(text)).toBe(printed);
  });
});
