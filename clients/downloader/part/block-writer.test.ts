import { createHash } from 'node:crypto';
import { constants, mkdtemp, open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../../../lib/clock/index.js';
import { BLOCK_BYTES, BlockWriter } from './block-writer.js';
import { Sha256 } from './sha256.js';

let directory: string;
let handle: FileHandle;
/** Undefined: this file system knows no O_DIRECT. */
let directHandle: FileHandle | undefined;
let clock: VirtualClock;
const hashes: Sha256[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evu-block-writer-'));
  handle = await open(join(directory, 'file'), constants.O_RDWR | constants.O_CREAT);
  directHandle = await open(join(directory, 'file'), constants.O_WRONLY | constants.O_DIRECT).catch(() => undefined);
  clock = new VirtualClock();
});

afterEach(async () => {
  for (const hash of hashes.splice(0)) hash.free();
  await directHandle?.close();
  await handle.close();
  await rm(directory, { recursive: true, force: true });
});

type Handle = Pick<FileHandle, 'write'>;
type Write = (bytes: Buffer, from: number, length: number, at: number) => Promise<{ readonly bytesWritten: number }>;
const writing = (write: Write): Handle => ({ write }) as unknown as Handle;

function writer(handles: { readonly handle?: Handle; readonly directHandle?: Handle | undefined } = {}, bytes = 0) {
  const hash = new Sha256();
  hashes.push(hash);
  const parts = { clock, handle, directHandle, name: 'the file', bytes, hash, onWritten: () => undefined, ...handles };
  return { blocks: new BlockWriter(parts), hash };
}

const content = Buffer.from(Array.from({ length: 3 * BLOCK_BYTES + 12_345 }, (_, index) => (index * 7) % 251));
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const written = (): Promise<Buffer> => readFile(join(directory, 'file'));

/** Chunks of uneven sizes, up to half a megabyte. */
function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0, length = 1; at < bytes.length; at += length, length = (length * 31 + 7) % 524_287)
    yield bytes.subarray(at, at + length);
}

async function appendAll(blocks: BlockWriter, bytes: Buffer): Promise<void> {
  // A copy each time: the memory of a chunk is used again as soon as append returns.
  const memory = Buffer.alloc(524_288);
  for (const chunk of chunksOf(bytes)) {
    const copied = chunk.copy(memory);
    const busy = blocks.append(memory.subarray(0, copied));
    memory.fill(0xff);
    await busy;
  }
}

describe('a block writer', () => {
  it.each([0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 4_096])(
    'writes and hashes what comes, behind %d bytes that are there',
    async (there) => {
      const { blocks, hash } = writer({}, there);
      const beginning = content.subarray(0, there);
      await handle.write(beginning, 0, there, 0);
      await hash.update(beginning);
      await appendAll(blocks, content.subarray(there));
      await blocks.flush();
      expect((await written()).equals(content)).toBe(true);
      expect([await hash.digest(), blocks.writtenBytes, blocks.endBytes]).toEqual([
        sha256(content),
        content.length,
        content.length,
      ]);
    },
  );

  it('passes whole blocks by the page cache, and nothing else', async () => {
    const direct: [number, number][] = [];
    const { blocks } = writer({
      directHandle: writing((bytes, from, length, at) => {
        direct.push([at, length]);
        return (directHandle ?? handle).write(bytes, from, length, at);
      }),
    });
    await appendAll(blocks, content);
    await blocks.flush();
    expect(direct).toEqual([0, 1, 2].map((block) => [block * BLOCK_BYTES, BLOCK_BYTES]));
  });

  it('goes on without O_DIRECT where the disk asks for another alignment', async () => {
    const refused = Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
    const { blocks, hash } = writer({ directHandle: writing(() => Promise.reject(refused)) });
    await appendAll(blocks, content);
    await blocks.flush();
    expect((await written()).equals(content)).toBe(true);
    expect(await hash.digest()).toBe(sha256(content));
  });

  it('writes what fills no block after a while', async () => {
    const { blocks } = writer();
    await blocks.append(content.subarray(0, 1_000));
    expect(blocks.endBytes).toBe(1_000);
    clock.advance(99);
    await blocks.append(content.subarray(1_000, 1_001));
    expect(blocks.writtenBytes).toBe(0);
    clock.advance(1);
    while (blocks.writtenBytes < 1_001) await new Promise(setImmediate);
    expect(await written()).toEqual(content.subarray(0, 1_001));
  });

  it('writes the rest of what a nearly full disk takes a part of, and then says that it is full', async () => {
    let room = BLOCK_BYTES + 1_000;
    const take: Write = async (bytes, from, length, at) => {
      if (room === 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      const { bytesWritten } = await handle.write(bytes, from, Math.min(length, room), at);
      room -= bytesWritten;
      return { bytesWritten };
    };
    const { blocks } = writer({ handle: writing(take), directHandle: undefined });
    await expect(appendAll(blocks, content).then(() => blocks.flush())).rejects.toThrow(/the file: the disk is full/);
    expect(() => blocks.append(content)).toThrow(/the disk is full/);
    // Room again: it has failed, and writes nothing behind the gap.
    room = content.length;
    clock.advance(1_000);
    await blocks.idle();
    expect(blocks.writtenBytes).toBe(BLOCK_BYTES + 1_000);
    expect((await written()).equals(content.subarray(0, BLOCK_BYTES + 1_000))).toBe(true);
  });

  it('lets all wait that append more than a slow disk takes, and wakes them all', async () => {
    const ends: (() => void)[] = [];
    const { blocks } = writer({
      directHandle: writing((_bytes, _from, length) => {
        return new Promise((resolve) => {
          ends.push(() => {
            resolve({ bytesWritten: length });
          });
        });
      }),
    });
    expect(blocks.append(content.subarray(0, BLOCK_BYTES))).toBeUndefined();
    const waiting = [1, 2].map((block) =>
      blocks.append(content.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES)),
    );
    for (const wait of waiting) expect(wait).toBeInstanceOf(Promise);
    let awake = 0;
    for (const wait of waiting) void wait?.then(() => (awake += 1));
    const writeNext = async (): Promise<void> => {
      ends.shift()?.();
      await new Promise(setImmediate);
    };
    while (awake < waiting.length) await writeNext();
    while (blocks.writtenBytes < blocks.endBytes) await writeNext();
    await blocks.flush();
  });

  it('begins anew', async () => {
    const { blocks, hash } = writer();
    await appendAll(blocks, content.subarray(0, BLOCK_BYTES + 5));
    await blocks.flush();
    await handle.truncate(0);
    blocks.restart();
    await appendAll(blocks, content.subarray(100));
    await blocks.flush();
    expect((await written()).equals(content.subarray(100))).toBe(true);
    expect(await hash.digest()).toBe(sha256(content.subarray(100)));
  });
});
