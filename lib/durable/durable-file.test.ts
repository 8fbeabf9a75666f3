import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';

import { createLogger } from '../observability/index.js';
import { lastGoodPath, NewerStateError, readDurably, readDurablyAs, writeDurably } from './index.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

describe('a durable file', () => {
  let directory: string;
  let path: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'durable-'));
    path = join(directory, 'state', 'file');
  });

  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('is nothing before the first write', async () => {
    expect(await readDurably(path, { logger })).toBeUndefined();
  });

  it('reads back what was written, and keeps the one before', async () => {
    await writeDurably(path, Buffer.from('one'));
    await writeDurably(path, Buffer.from('two'));
    expect(text(await readDurably(path, { logger }))).toBe('two');
    expect(text(await readDurably(lastGoodPath(path), { logger }))).toBe('one');
  });

  it.each<{ what: string; damage: (file: string) => Promise<void> }>([
    { what: 'cut short', damage: (file) => truncate(file, 30) },
    { what: 'empty', damage: (file) => truncate(file, 0) },
    { what: 'overwritten', damage: (file) => writeFile(file, 'garbage '.repeat(20)) },
    {
      what: 'one bit off',
      damage: async (file) => {
        const bytes = await readFile(file);
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        await writeFile(file, bytes);
      },
    },
  ])('falls back to the last good one when $what, and keeps the damaged one for people', async ({ damage }) => {
    await writeDurably(path, Buffer.from('one'));
    await writeDurably(path, Buffer.from('two'));
    await damage(path);
    expect(text(await readDurably(path, { logger }))).toBe('one');
    expect(await readdir(join(directory, 'state'))).toContain('file.corrupt-1');
    await writeDurably(path, Buffer.from('three'));
    expect(text(await readDurably(path, { logger }))).toBe('three');
  });

  it('has a second copy of its first content', async () => {
    await writeDurably(path, Buffer.from('one'));
    await writeFile(path, 'garbage');
    expect(text(await readDurably(path, { logger }))).toBe('one');
  });

  it('falls back to the last good one when its digest is right and its content is not', async () => {
    const decode = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());
    await writeDurably(path, Buffer.from('[1]'));
    await writeDurably(path, Buffer.from('no JSON'));
    expect(await readDurablyAs(path, decode, { logger })).toEqual([1]);
    expect(await readdir(join(directory, 'state'))).toContain('file.corrupt-1');
  });

  it.each(['empty', 'full'])('moves away a directory in its place, %s', async (what) => {
    await writeDurably(path, Buffer.from('one'));
    await writeDurably(path, Buffer.from('two'));
    await rm(path);
    await mkdir(what === 'full' ? join(path, 'inside') : path, { recursive: true });
    expect(text(await readDurably(path, { logger }))).toBe('one');
    await writeDurably(path, Buffer.from('three'));
    expect(text(await readDurably(path, { logger }))).toBe('three');
  });

  it('of a newer form is refused and kept as it is, not taken for corrupt', async () => {
    await writeDurably(path, Buffer.from('one'));
    await writeDurably(path, Buffer.from('two'));
    const newer = 'eve-uplink durable 2\nwhatever comes then';
    await writeFile(path, newer);
    await expect(readDurably(path, { logger })).rejects.toThrow(NewerStateError);
    expect(await readFile(path, 'utf8')).toBe(newer);
    await expect(writeDurably(path, Buffer.from('three'))).rejects.toThrow(NewerStateError);
    expect(await readFile(path, 'utf8')).toBe(newer);
  });

  it('is the old one or the new one after SIGKILL at any moment', async () => {
    const program = join(directory, 'writer.mjs');
    await build({
      stdin: {
        contents: `
          import { writeDurably } from './lib/durable/index.ts';
          process.stdout.write('ready\\n');
          for (let n = Number(process.argv[3]); ; n += 1) {
            await writeDurably(process.argv[2], Buffer.from(String(n).repeat(20000)));
            process.stdout.write(n + '\\n');
          }`,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
      logLevel: 'silent',
    });
    let acknowledged = 0;
    for (let round = 0; round < 32; round += 1) {
      acknowledged = await killWhileWriting(program, path, acknowledged + 1, round);
      const content = text(await readDurably(path, { logger })) ?? '';
      const number = Number(content.slice(0, content.length / 20000));
      expect(content).toBe(String(number).repeat(20000));
      // What was acknowledged is never lost; the one after it may have made it.
      expect([acknowledged, acknowledged + 1]).toContain(number);
      acknowledged = number;
    }
    expect((await readdir(join(directory, 'state'))).filter((name) => name.includes('corrupt'))).toEqual([]);
  }, 60_000);
});

/** Lets the writer acknowledge `after` more writes, kills it at once, and answers the last number it acknowledged. */
function killWhileWriting(program: string, path: string, from: number, after: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, path, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.split('\n').length > after + 2) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', () => {
      const numbers = output.split('\n').slice(1, -1).map(Number);
      resolve(numbers.at(-1) ?? from - 1);
    });
  });
}
