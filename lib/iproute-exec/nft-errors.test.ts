import { describe, expect, it } from '@jest/globals';
import { errorsOf } from './nft-errors.js';

const SCRIPT = 'add table inet t\nadd rule inet t nope accept\n  add rule inet t none accept\n';

describe('errorsOf', () => {
  it.each<[string, string[], string[]]>([
    ['nothing', [], []],
    ['carets of the answer before', ['            ^^^^'], []],
    [
      'the line of the script, without the names of files',
      [
        'In file included from <cmdline>:1:1-26:',
        '/dev/stdin:2:17-20: Error: Could not process rule: No such file or directory',
        'add rule inet t nope accept',
        '                ^^^^',
      ],
      ['line 2: Could not process rule: No such file or directory: add rule inet t nope accept'],
    ],
    [
      'several, in their order',
      ['/dev/stdin:2:17-20: Error: no such chain', '/dev/stdin:3:19-22: Error: no such chain either'],
      [
        'line 2: no such chain: add rule inet t nope accept',
        'line 3: no such chain either: add rule inet t none accept',
      ],
    ],
    [
      'one syntax error, not the complaint about the include line as well',
      [
        '/dev/stdin:1:11-14: Error: syntax error, unexpected junk',
        'Error: syntax error, unexpected end of file',
        'include "/dev/stdin"',
      ],
      ['line 1: syntax error, unexpected junk: add table inet t'],
    ],
    ['an unfinished script', ['Error: syntax error, unexpected end of file'], ['syntax error, unexpected end of file']],
    [
      'an error of no line',
      ['netlink: Error: cache initialization failed: Operation not permitted'],
      ['cache initialization failed: Operation not permitted'],
    ],
    ['a line beyond the script', ['x:99:1-1: Error: odd'], ['line 99: odd: ']],
  ])('tells %s', (_, stderr, errors) => {
    expect(errorsOf(stderr, SCRIPT)).toEqual(errors);
  });

  it('keeps excerpts and numbers of errors bounded', () => {
    const long = `add element inet t s { ${'1, '.repeat(1_000)} }`;
    const stderr = Array.from({ length: 50 }, () => 'x:1:1-1: Error: wrong');
    const errors = errorsOf(stderr, long);
    expect(errors.length).toBe(10);
    expect(errors[0]?.length).toBeLessThan(250);
  });
});
