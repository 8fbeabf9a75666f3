import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import { createLogger } from '../observability/index.js';
import { readDurably, writeDurably } from './index.js';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('a durable file on a full disk', () => {
  it('refuses the new content, keeps the old one, and goes on when there is room again', async () => {
    const disk = await mkdtemp(join(tmpdir(), 'full-disk-'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'full-disk', disk]);
    try {
      const path = join(disk, 'state');
      await writeDurably(path, Buffer.from('one'));
      await writeFile(join(disk, 'ballast'), Buffer.alloc(200_000));
      await expect(writeDurably(path, Buffer.alloc(100_000))).rejects.toThrow(/ENOSPC/);
      expect(await readDurably(path, { logger })).toEqual(Buffer.from('one'));
      expect((await readdir(disk)).sort()).toEqual(['ballast', 'state', 'state.last-good']);
      await rm(join(disk, 'ballast'));
      await writeDurably(path, Buffer.from('two'));
      expect(await readDurably(path, { logger })).toEqual(Buffer.from('two'));
    } finally {
      await run('umount', [disk]);
      await rm(disk, { recursive: true, force: true });
    }
  });
});
