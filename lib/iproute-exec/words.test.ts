import { describe, expect, it } from '@jest/globals';
import { printable, problemOfNamespace } from './words.js';

describe('problemOfNamespace', () => {
  it.each(['device', 'eve-uplink-isp_eth0.1', 'evi-1'])('takes %s', (name) => {
    expect(problemOfNamespace(name)).toBeUndefined();
  });

  it.each(['', '-all', '.', '..', '../x', 'a/b', 'a b', 'a\nb', 'x'.repeat(200)])('refuses %j', (name) => {
    expect(problemOfNamespace(name)).toMatch(/is no name/);
  });
});

describe('printable', () => {
  it.each([
    ['a word', 'eth0', '"eth0"'],
    ['what would break a line of a log', 'a\nb"', '"a\\nb\\""'],
    ['the beginning of what is long', 'x'.repeat(100), `"${'x'.repeat(80)}..."`],
  ])('prints %s', (_, text, printed) => {
    expect(printable(text)).toBe(printed);
  });
});
