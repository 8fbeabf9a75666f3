import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { alone } from './lock.mjs';

const lockModule = new URL('./lock.mjs', import.meta.url).href;

// Reads a number, waits a little, and writes it back plus one: two at once lose an increment.
const contender = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { setTimeout } from 'node:timers/promises';
  import { alone } from ${JSON.stringify(lockModule)};
  const [, directory] = process.argv;
  await alone(async () => {
    const count = Number(readFileSync(directory + '/count', 'utf8'));
    await setTimeout(10);
    writeFileSync(directory + '/count', String(count + 1));
  }, directory);
`;

function contend(directory) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', contender, directory], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', resolve);
  });
}

describe('alone', () => {
  let directory;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'eve-uplink-lock-'));
    writeFileSync(join(directory, 'count'), '0');
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const contenders = 6;

  it.each([
    ['from scratch', undefined],
    // Process ids end far below this (PID_MAX_LIMIT is 2^22).
    ['behind one that died with the lock', `${2 ** 22 + 1} 1`],
    ['behind one whose process id is now used by another', `${process.pid} 1`],
  ])('lets one process at a time work: %s', async (_what, staleHolder) => {
    if (staleHolder !== undefined) writeFileSync(join(directory, 'lock'), staleHolder);
    const exitCodes = await Promise.all(Array.from({ length: contenders }, () => contend(directory)));
    expect(exitCodes).toEqual(Array.from({ length: contenders }, () => 0));
    expect(readFileSync(join(directory, 'count'), 'utf8')).toBe(String(contenders));
  });

  it('gives the lock back when the work fails', async () => {
    const failing = alone(() => Promise.reject(new Error('no network')), directory);
    await expect(failing).rejects.toThrow('no network');
    await expect(alone(() => 'done', directory)).resolves.toBe('done');
  });
});
