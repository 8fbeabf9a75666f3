import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Command } from 'commander';
import { serveCommand } from './serve-command.js';
import { runCaptured } from './testing/run-captured.js';

it('refuses a machine whose Node has no FFI in one line, and touches nothing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'eve-uplink-serve-'));
  const stateDir = join(directory, 'state');
  const program = new Command('eve-uplink').addCommand(
    serveCommand(() => 'cannot call the C library: no koffi. Install it'),
  );
  try {
    expect(await runCaptured(program, ['serve', 'all', '--state-dir', stateDir])).toEqual({
      stdout: '',
      stderr: 'eve-uplink cannot serve here: cannot call the C library: no koffi. Install it\n',
      exitCode: 1,
    });
    await expect(access(stateDir)).rejects.toThrow('ENOENT');
  } finally {
    await rm(directory, { recursive: true });
  }
});
