import { describe, expect, it } from '@jest/globals';
import { printable, table } from './table.js';

describe('table', () => {
  it('aligns columns, shows empty cells as -, and leaves no blanks at line ends', () => {
    expect(
      table(
        ['PORT', 'LINK'],
        [
          ['eth0', 'up'],
          ['wwan0', ''],
        ],
      ),
    ).toBe(['PORT   LINK', 'eth0   up', 'wwan0  -'].join('\n'));
  });

  it('lets no control character through', () => {
    expect(table(['PORT'], [['eth0\u001b[2J\nfake']])).toBe(['PORT', 'eth0\ufffd[2J\ufffdfake'].join('\n'));
  });
});

describe('printable', () => {
  it.each([
    ['Grüße 船', 'Grüße 船'],
    ['a\u0000b\u007fc\u009bd', 'a\ufffdb\ufffdc\ufffdd'],
  ])('%j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });
});
