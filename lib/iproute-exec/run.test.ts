import { describe, expect, it } from '@jest/globals';
import { CommandError } from './command-error.js';
import { run } from './run.js';

describe('run', () => {
  it('answers stdout, stderr and exit code', async () => {
    const result = await run('sh', ['-c', 'echo out; echo err >&2; exit 3'], { allowFailure: true });
    expect(result).toEqual({ stdout: 'out\n', stderr: 'err\n', exitCode: 3 });
  });

  it('hands arguments on as they are', async () => {
    const hostile = ['a b', '$(touch /tmp/x)', "'", '"', ';', '*', '\n'];
    expect((await run('printf', ['%s|', ...hostile])).stdout).toBe(`${hostile.join('|')}|`);
  });

  it('feeds stdin, also to a command that does not read it', async () => {
    expect((await run('cat', [], { input: 'hello' })).stdout).toBe('hello');
    expect((await run('true', [], { input: 'x'.repeat(1_000_000) })).exitCode).toBe(0);
  });

  it('hands no environment on but what children need', async () => {
    const names = (await run('env', [])).stdout.split('\n').map((line) => line.split('=')[0]);
    expect(names.filter((name) => name !== '' && name !== '_').sort()).toEqual(['HOME', 'LC_ALL', 'PATH']);
  });

  it('lets stdout be counted instead of kept', async () => {
    let bytes = 0;
    const count = (piece: Buffer): void => {
      bytes += piece.length;
    };
    const { stdout } = await run('head', ['-c', '3000000', '/dev/zero'], { maxOutputBytes: 1_000, onStdout: count });
    expect([stdout, bytes]).toEqual(['', 3_000_000]);
  });

  it('does not wait for a daemon that keeps the pipes open', async () => {
    const { stdout } = await run('sh', ['-c', 'sleep 2 & echo $!'], { timeoutMs: 1_500 });
    process.kill(Number(stdout));
  });

  it.each<[string, string, string[], object, Partial<CommandError>, RegExp]>([
    ['an exit code', 'sh', ['-c', 'echo no >&2; exit 4'], {}, { exitCode: 4, stderr: 'no\n' }, /exit code 4: no/],
    ['a time limit', 'sleep', ['60'], { timeoutMs: 50 }, { exitCode: null }, /no end within 50 ms/],
    [
      'a time limit, failure allowed',
      'sleep',
      ['60'],
      { timeoutMs: 50, allowFailure: true },
      {},
      /no end within 50 ms/,
    ],
    ['a flood', 'cat', ['/dev/zero'], { maxOutputBytes: 10_000 }, { exitCode: null }, /more than 10000 bytes/],
    ['a signal', 'sh', ['-c', 'kill -9 $$'], {}, { exitCode: null }, /ended by SIGKILL/],
    ['a missing program', 'no-such-program', [], {}, { exitCode: null }, /cannot be started .*ENOENT/],
    ['NUL in an argument', 'true', ['a\0b'], {}, { exitCode: null }, /cannot be started/],
    ['a bad namespace', 'true', [], { namespace: '../x' }, { exitCode: null }, /is no name of a network namespace/],
  ])('fails on %s', async (_, file, args, options, fields, message) => {
    const error: unknown = await run(file, args, options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ command: [file, ...args].join(' '), ...fields });
    expect(String(error)).toMatch(message);
  });
});
