import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningServer } from '../lib/rpc/index.js';
import { startScriptedNim, startScriptedZedrouter } from '../clients/testing/scripted-services.js';
import { captured, run } from './testing/run-captured.js';
import { VERSION } from './version.js';

let runDir: string;

beforeAll(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'eve-uplink-command-'));
});

afterAll(async () => {
  await rm(runDir, { recursive: true, force: true });
});

describe('without services', () => {
  it('--version tells the version', async () => {
    expect(await run('--version')).toEqual({ stdout: `${VERSION}\n`, stderr: '', exitCode: 0 });
  });

  it('--help tells every subcommand and the exit codes', async () => {
    const { stdout, exitCode } = await run('--help');
    expect(exitCode).toBe(0);
    for (const word of [
      'serve',
      'config',
      'policy',
      'status',
      'watch',
      'explain',
      'what-if',
      'check-port',
      'events',
      'download',
      'Exit codes',
    ])
      expect(stdout).toContain(word);
  });

  it.each([
    ['an unknown command', ['statsu'], 'unknown command'],
    ['an unknown option', ['status', '--jsn'], 'unknown option'],
    ['a limit that is no number', ['events', '--limit', 'x'], 'whole number'],
    ['a version that is no number', ['config', 'push', 'f', '--expected-version', '-1'], 'whole number'],
    ['a service that there is not', ['serve', 'nimm'], 'Allowed choices'],
    ['a listener without certificates', ['serve', 'zedagent', '--listen', '127.0.0.1:0'], '--client-ca'],
    ['a rate that is none', ['download', 'http://x/', '-o', 'f', '--limit', 'fast'], 'like 500k'],
    ['a download of nothing', ['download', '-o', 'f'], 'Say what to fetch'],
    ['a download for nothing', ['download', 'http://x/', '-o', 'f'], '--operation base-image'],
    ['a missing file argument', ['config', 'push'], 'missing required argument'],
  ])('%s is wrong usage', async (_what, args, words) => {
    const { stderr, stdout, exitCode } = await run(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
    expect(stdout).toBe('');
  });

  it.each([[['status']], [['explain', 'ni1']], [['events']]])('%j names the socket and what to start', async (args) => {
    const { stderr, stdout, exitCode } = await run(...args, '--run-dir', runDir);
    expect(exitCode).toBe(4);
    expect(stdout + stderr).toContain(`nim is not running: there is no socket ${join(runDir, 'nim.sock')}`);
    expect(stdout + stderr).toContain('eve-uplink serve nim');
  });
});

describe('with NIM and zedrouter', () => {
  let servers: readonly RunningServer[] = [];

  beforeAll(async () => {
    servers = await Promise.all([startScriptedNim(runDir, 'eth0'), startScriptedZedrouter(runDir, 'eth0')]);
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });

  it('status shows ports and network instances', async () => {
    const { stdout, stderr, exitCode } = await run('status', '--run-dir', runDir);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toMatch(/^eth0 +0 /m);
    expect(stdout).toMatch(/^ni1 +eth0 /m);
  });

  it('status says by its exit code that a network instance is not well', async () => {
    await servers[1]?.close();
    const zedrouter = await startScriptedZedrouter(runDir, 'eth0', ['bridge-add: no']);
    servers = [...servers.slice(0, 1), zedrouter];
    expect(await run('status', '--run-dir', runDir)).toMatchObject({ exitCode: 8 });
    await zedrouter.close();
    servers = [...servers.slice(0, 1), await startScriptedZedrouter(runDir, 'eth0')];
    expect(await run('status', '--run-dir', runDir)).toMatchObject({ exitCode: 0 });
  });

  it('takes --run-dir before the subcommand too', async () => {
    const { stdout } = await run('--run-dir', runDir, 'status');
    expect(stdout).toMatch(/^ni1 +eth0 /m);
  });

  it('status --json has the messages of the services, fields at their default included', async () => {
    const { stdout } = await run('status', '--json', '--run-dir', runDir);
    expect(JSON.parse(stdout)).toMatchObject({
      ports: [{ logicalLabel: 'eth0', priority: 0, isManagement: false }],
      networkInstanceTestStatuses: [
        { networkInstanceId: 'id-1', selectedPort: { logicalLabel: 'eth0' }, verified: false },
      ],
      networkInstanceStatuses: [{ interfaceInUse: 'eth0', errors: [] }],
      portMaps: [{ externalPort: 8080, openOn: 'eth0', appId: '' }],
      troubles: [],
    });
  });

  it.each([
    ['a network instance', ['ni1'], 'about ni1'],
    ['an operation', ['base-image'], 'about operation 3'],
    ['every network instance', [], 'about id-1'],
  ])('explain explains %s', async (_what, args, words) => {
    const { stdout, exitCode } = await run('explain', ...args, '--run-dir', runDir);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(words);
  });

  it('explain of something unknown fails in one line', async () => {
    expect(await run('explain', 'ni9', '--run-dir', runDir)).toEqual({
      stdout: '',
      stderr: 'there is no network instance ni9\n',
      exitCode: 1,
    });
  });

  it.each([
    ['all of them', [], ['#1', '#2']],
    ['the newest', ['--limit', '1'], ['#2']],
  ])('events lists %s', async (_what, args, expected) => {
    const { stdout } = await run('events', ...args, '--run-dir', runDir);
    expect(stdout.match(/#\d+/g)).toEqual(expected);
  });

  it('--address is asked instead of the sockets in the run-dir', async () => {
    const { stdout } = await run(
      'events',
      '--run-dir',
      '/nonexistent',
      '--address',
      `unix:${join(runDir, 'nim.sock')}`,
    );
    expect(stdout).toContain('#2');
  });

  it('events --follow goes on with what it lacks, and ends at an interrupt', async () => {
    let seen = '';
    const following = run('events', '--follow', '--json', '--run-dir', runDir).then((outcome) => {
      seen = outcome.stdout;
      return outcome;
    });
    // The third event comes over the stream only.
    const deadlineMs = performance.now() + 5_000;
    while (process.listenerCount('SIGINT') === 0 || !captured().includes('"3"')) {
      if (performance.now() > deadlineMs) throw new Error(`no third event in: ${captured()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    process.emit('SIGINT');
    expect((await following).exitCode).toBe(0);
    const sequences = seen
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { sequence: string }).sequence);
    expect(sequences).toEqual(['1', '2', '3']);
  });
});
