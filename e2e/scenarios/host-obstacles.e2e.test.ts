import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from 'iproute-exec';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { commandFile, internetAddresses, internetHostName, servicePorts, waitUntil } from '../../lab/index.js';
import { launchShip, type Ship } from './ship.js';

/** As a person would notice it while looking. */
const NAMED_WITHIN_MS = 5_000;

describe('a ship whose host has a firewall of its own', () => {
  let ship: Ship;

  beforeAll(async () => {
    ship = await launchShip();
  });

  afterEach(async () => {
    await nft('add table inet somebody_else\ndelete table inet somebody_else\n');
  });

  afterAll(async () => {
    await ship.destroy();
  });

  const nft = (script: string) => run('nft', ['-f', '-'], { namespace: ship.lab.namespace('device'), input: script });
  const command = async (...args: readonly string[]): Promise<string> => {
    const argv = [await commandFile(), ...args, '--run-dir', ship.lab.runDir];
    return (await run(process.execPath, argv, { timeoutMs: 30_000, allowFailure: true })).stdout;
  };
  const says = async (text: string): Promise<boolean> => (await command('status')).includes(text);
  const answered = async (): Promise<boolean> => {
    const attempt = { address: internetAddresses.echo1, port: servicePorts.echo, timeoutMs: 100 };
    return (await ship.lab.app('app1').agent.call('askUdp', attempt)).kind === 'answered';
  };

  it('names a chain that forwards nothing, in status and explain, until the remedy is applied', async () => {
    await nft('table inet somebody_else { chain passing { type filter hook forward priority filter; policy drop; }; }');
    const subject = 'obstructed by chain passing of table inet somebody_else';
    expect(await waitUntil(() => says(subject), { timeoutMs: NAMED_WITHIN_MS })).toBe(true);
    expect(await answered()).toBe(false);
    const explained = await command('explain', 'default');
    expect(explained).toContain(subject);
    const remedy = /remedy: nft (.*) && nft (.*)/.exec(explained)?.slice(1) ?? [];
    expect(remedy).toHaveLength(2);
    await nft(
      remedy
        .map((words) => words.replaceAll("'", '"'))
        .join('\n')
        .concat('\n'),
    );
    expect(await waitUntil(async () => !(await says('obstructed')), { timeoutMs: NAMED_WITHIN_MS })).toBe(true);
    expect(await answered()).toBe(true);
  });

  it('names a chain that drops what apps ask of the host', async () => {
    await nft('table inet somebody_else { chain coming { type filter hook input priority filter; policy drop; }; }');
    expect(
      await waitUntil(() => says('drops address requests (DHCP) and name requests from bn1'), {
        timeoutMs: NAMED_WITHIN_MS,
      }),
    ).toBe(true);
  });

  it('names packets that get nowhere although no rule says for certain that they are dropped', async () => {
    await nft(
      'table inet somebody_else { chain passing { type filter hook forward priority filter; ip saddr 10.77.0.0/24 drop; }; }',
    );
    for (let packet = 0; packet < 8; packet += 1) expect(await answered()).toBe(false);
    expect(
      await waitUntil(() => says('default: obstructed by chain passing of table inet somebody_else'), {
        timeoutMs: NAMED_WITHIN_MS,
      }),
    ).toBe(true);
    expect(await says('business: obstructed')).toBe(false);
  });
});

describe('a ship on whose device somebody else answers names on every address', () => {
  it('gives its apps their addresses, says so, and answers names when that one has gone', async () => {
    const pidFile = join(tmpdir(), `evl-names-${process.pid}.pid`);
    const ship = await launchShip({
      beforeServices: async (lab) => {
        const somebody = ['dnsmasq', '--conf-file=/dev/null', '--no-resolv', `--pid-file=${pidFile}`] as const;
        expect(await lab.exec('device', [...somebody, '--user=root'])).toMatchObject({ exitCode: 0 });
      },
    });
    try {
      const { lab } = ship;
      const status = async (): Promise<string> => {
        const argv = [await commandFile(), 'status', '--run-dir', lab.runDir];
        return (await run(process.execPath, argv, { timeoutMs: 30_000, allowFailure: true })).stdout;
      };
      const saysSo = async (): Promise<boolean> => (await status()).includes('obstructed by port 53 on bn1');
      expect(await waitUntil(saysSo, { timeoutMs: NAMED_WITHIN_MS })).toBe(true);
      process.kill(Number((await readFile(pidFile, 'utf8')).trim()), 'SIGTERM');
      const answersNames = async (): Promise<boolean> => {
        const argv = ['busybox', 'nslookup', '-type=a', internetHostName('echo1'), '10.77.0.1'] as const;
        return (await lab.exec('app1', argv)).stdout.includes(internetAddresses.echo1);
      };
      expect(await waitUntil(answersNames, { timeoutMs: 20_000, everyMs: 250 })).toBe(true);
      expect(await waitUntil(async () => !(await saysSo()), { timeoutMs: NAMED_WITHIN_MS })).toBe(true);
    } finally {
      await ship.destroy();
    }
  });
});
