import { createHash } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { blockMemory } from './block-memory.js';
import { Sha256 } from './sha256.js';

const pieces = [0, 1, 63, 64, 65, 1_000_003].map((bytes) => Buffer.alloc(bytes, bytes % 251));
const expected = (upTo: number): string =>
  createHash('sha256')
    .update(Buffer.concat(pieces.slice(0, upTo)))
    .digest('hex');

let hash: Sha256;

beforeEach(() => {
  hash = new Sha256();
});

afterEach(() => {
  hash.free();
});

/** Where the blocks of a file lie, and where any other bytes do. */
function shared(piece: Buffer): Buffer {
  const memory = blockMemory(1024 * 1024);
  piece.copy(memory);
  return memory.subarray(0, piece.length);
}

describe.each<[string, (piece: Buffer) => Buffer]>([
  ['shared memory', shared],
  ['memory of this thread', (piece) => piece],
])('the sha256 of %s', (_where, place) => {
  it('is that of the pieces in their order, at any time, and of none after a new beginning', async () => {
    expect(await hash.digest()).toBe(expected(0));
    for (const [index, piece] of pieces.entries()) {
      await hash.update(place(piece));
      expect(await hash.digest()).toBe(expected(index + 1));
    }
    hash.restart();
    expect(await hash.digest()).toBe(expected(0));
  });
});

it('says what is wrong of being used twice at once', async () => {
  const updating = hash.update(Buffer.alloc(50_000_000));
  await expect(hash.digest()).rejects.toThrow(/in use/);
  await expect(hash.update(Buffer.alloc(1))).rejects.toThrow(/in use/);
  expect(() => {
    hash.restart();
  }).toThrow(/in use/);
  await updating;
  expect(await hash.digest()).toBe(createHash('sha256').update(Buffer.alloc(50_000_000)).digest('hex'));
});

it('survives being given up in the middle, and leaves nobody waiting', async () => {
  const updating = hash.update(Buffer.alloc(50_000_000));
  hash.free();
  hash.free();
  await expect(updating).rejects.toThrow(/given up/);
  await expect(hash.digest()).rejects.toThrow(/given up/);
});
