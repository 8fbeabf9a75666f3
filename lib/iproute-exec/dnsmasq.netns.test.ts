import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../clock/testing/eventually.js';
import { reloadDnsmasq, runningDnsmasq, startDnsmasq, stopDnsmasq } from './dnsmasq.js';
import { makeTestNamespace, type TestNamespace } from './testing.js';

let namespace: TestNamespace;
let directory: string;
let confFile: string;
let pidFile: string;
let logFile: string;

beforeAll(async () => {
  namespace = await makeTestNamespace();
});

afterAll(async () => {
  await namespace.remove();
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evi-dnsmasq-'));
  [confFile, pidFile, logFile] = [join(directory, 'conf'), join(directory, 'pid'), join(directory, 'log')];
  await configure();
});

afterEach(async () => {
  await stopDnsmasq(pidFile);
  await rm(directory, { recursive: true });
});

async function configure(extra = ''): Promise<void> {
  const hosts = join(directory, 'hosts');
  await writeFile(hosts, '10.0.0.1 one\n');
  const lines = ['user=root', 'listen-address=127.0.0.1', 'bind-interfaces', 'no-resolv', 'no-hosts'];
  lines.push(`addn-hosts=${hosts}`, `log-facility=${logFile}`, extra);
  await writeFile(confFile, `${lines.join('\n')}\n`);
}

const start = (): Promise<void> => startDnsmasq({ confFile, pidFile, namespace: namespace.name });
const readings = async (): Promise<number> => (await readFile(logFile, 'utf8')).split('read ').length - 1;

describe('dnsmasq', () => {
  it('is started, found, reloaded and stopped', async () => {
    expect(runningDnsmasq(pidFile)).toBeUndefined();
    await start();
    const running = runningDnsmasq(pidFile);
    expect(running).toEqual({ pid: expect.any(Number), confFile, withoutNames: false });
    const before = await readings();
    expect(reloadDnsmasq(pidFile)).toBe(true);
    await eventually(async () => (await readings()) > before);
    await stopDnsmasq(pidFile);
    expect(runningDnsmasq(pidFile)).toBeUndefined();
    await expect(readFile(pidFile)).rejects.toThrow(/ENOENT/);
    expect(reloadDnsmasq(pidFile)).toBe(false);
    await stopDnsmasq(pidFile);
  });

  it('is ended by force where it does not listen', async () => {
    await start();
    const running = runningDnsmasq(pidFile);
    process.kill(running?.pid ?? 0, 'SIGSTOP');
    await stopDnsmasq(pidFile);
    expect(runningDnsmasq(pidFile)).toBeUndefined();
  });

  it('says what is wrong with its configuration, or with its surroundings', async () => {
    await configure('no-such-option=1');
    await expect(start()).rejects.toThrow(/bad option at line \d+/);
    await configure();
    await start();
    const second = { confFile, pidFile: `${pidFile}.2`, namespace: namespace.name };
    await expect(startDnsmasq(second)).rejects.toThrow(/Address already in use/);
    await startDnsmasq({ ...second, withoutNames: true });
    expect(runningDnsmasq(second.pidFile)).toMatchObject({ withoutNames: true });
    await stopDnsmasq(second.pidFile);
    await expect(startDnsmasq({ ...second, confFile: 'conf' })).rejects.toThrow(/no absolute path/);
  });

  it.each([
    ['our own number', () => String(process.pid)],
    ['no number', () => 'abc'],
    ['a number below one', () => '-1'],
    ['nothing', () => ''],
  ])('touches no process that is not it: %s in the pid file', async (_, content) => {
    await writeFile(pidFile, content());
    expect(runningDnsmasq(pidFile)).toBeUndefined();
    expect(reloadDnsmasq(pidFile)).toBe(false);
    await stopDnsmasq(pidFile);
  });

  it('does not take one of another pid file for it', async () => {
    await start();
    const copy = `${pidFile}.copy`;
    await writeFile(copy, await readFile(pidFile));
    expect(runningDnsmasq(copy)).toBeUndefined();
    await stopDnsmasq(copy);
    expect(runningDnsmasq(pidFile)).toBeDefined();
  });
});
