import { describe, expect, it } from '@jest/globals';
import { LineSplitter } from './line-splitter.js';

function split(pieces: readonly string[], maxLineLength = 100): { lines: string[]; rest: string; tooLong: number } {
  const lines: string[] = [];
  let tooLong = 0;
  const splitter = new LineSplitter(
    maxLineLength,
    (line) => lines.push(line),
    () => (tooLong += 1),
  );
  for (const piece of pieces) splitter.push(piece);
  return { lines, rest: splitter.rest(), tooLong };
}

describe('LineSplitter', () => {
  it.each<[string[], string[], string]>([
    [[], [], ''],
    [['a\n'], ['a'], ''],
    [['a', 'b\nc'], ['ab'], 'c'],
    [['a\nb\n\nc', '\n'], ['a', 'b', '', 'c'], ''],
    [['\n\n'], ['', ''], ''],
    [['x', 'y', 'z'], [], 'xyz'],
  ])('cuts %j', (pieces, lines, rest) => {
    expect(split(pieces)).toEqual({ lines, rest, tooLong: 0 });
  });

  it('gives up a line that grows beyond the limit, once for each time', () => {
    expect(split(['12345', '67890', 'ok\n'], 8)).toEqual({ lines: ['ok'], rest: '', tooLong: 1 });
  });
});
