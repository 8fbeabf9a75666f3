import { expect, it } from '@jest/globals';
import { CommandError, type CommandFailure } from './command-error.js';

it.each<[CommandFailure, string]>([
  [
    { command: 'ip link', exitCode: 1, stderr: 'Device "x" does not exist.\n' },
    'ip link: exit code 1: Device "x" does not exist.',
  ],
  [{ command: 'ip link', exitCode: null, stderr: '', reason: 'no end within 5 ms' }, 'ip link: no end within 5 ms'],
  [{ command: 'nft', exitCode: null, stderr: 'line 1: wrong' }, 'nft: line 1: wrong'],
  [{ command: 'nft', exitCode: null, stderr: '' }, 'nft: failed'],
])('%j reads %s', (failure, message) => {
  expect(new CommandError(failure).message).toBe(message);
});

it('shortens what it repeats, and keeps all of it', () => {
  const error = new CommandError({ command: 'nft', exitCode: 1, stderr: 'x'.repeat(10_000) });
  expect(error.message.length).toBeLessThan(700);
  expect(error.stderr.length).toBe(10_000);
});
