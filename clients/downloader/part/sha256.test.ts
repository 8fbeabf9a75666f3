import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { createSha256, SameThreadSha256, type Sha256 } from './sha256.js';

const pieces = [0, 1, 63, 64, 65, 1_000_003].map((bytes) => Buffer.alloc(bytes, bytes % 251));
const expected = (upTo: number): string =>
  createHash('sha256')
    .update(Buffer.concat(pieces.slice(0, upTo)))
    .digest('hex');

describe.each<[string, () => Sha256]>([
  ['where OpenSSL can be called', createSha256],
  ['where it cannot', () => new SameThreadSha256()],
])('the sha256 %s', (_where, create) => {
  it('is that of the pieces in their order, at any time, and of none after a new beginning', async () => {
    const hash = create();
    expect(hash.digest()).toBe(expected(0));
    for (const [index, piece] of pieces.entries()) {
      await hash.update(piece);
      expect(hash.digest()).toBe(expected(index + 1));
    }
    hash.restart();
    expect(hash.digest()).toBe(expected(0));
    hash.free();
  });
});

it('is computed on another thread here', () => {
  const hash = createSha256();
  expect(hash).not.toBeInstanceOf(SameThreadSha256);
  hash.free();
});

it('survives being given up in the middle, and says what is wrong of being used twice at once', async () => {
  const hash = createSha256();
  const updating = hash.update(Buffer.alloc(50_000_000));
  expect(() => hash.digest()).toThrow(/in use/);
  await expect(hash.update(Buffer.alloc(1))).rejects.toThrow(/in use/);
  hash.free();
  hash.free();
  await updating;
  expect(() => hash.digest()).toThrow(/given up/);
});
