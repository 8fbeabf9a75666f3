import { randomBytes } from 'node:crypto';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import { createLab } from './create.js';
import { removeNamespaces } from './leftovers.js';
import { LabProcess } from './processes.js';

const WORD = randomBytes(3).toString('hex');

async function namespacesNow(): Promise<string> {
  return (await run('ip', ['netns', 'list'])).stdout;
}

async function startSleeper(namespace: string): Promise<LabProcess> {
  return LabProcess.start({
    ...{ name: 'sleeper', namespace, file: 'sleep', args: ['600'] },
    logFile: '/dev/null',
  });
}

describe('what a crashed lab leaves', () => {
  it('is removed, processes included, and nothing of others with a similar name', async () => {
    const ours = `evl-${WORD}-device`;
    const others = `evl-${WORD}-device-of-others`;
    await run('ip', ['netns', 'add', ours]);
    await run('ip', ['netns', 'add', others]);
    const [own, other] = await Promise.all([startSleeper(ours), startSleeper(others)]);
    try {
      await removeNamespaces([ours, `evl-${WORD}-never-there`]);
      expect(await own.exited).toEqual({ kind: 'killed', signal: 'SIGTERM' });
      expect(other.running).toBe(true);
      const names = (await namespacesNow()).split('\n').map((line) => line.split(' ')[0]);
      expect([names.includes(ours), names.includes(others)]).toEqual([false, true]);
    } finally {
      await removeNamespaces([ours, others]);
    }
  });

  it('does not stand in the way of the next one with that prefix', async () => {
    const prefix = `evl-${WORD}-`;
    await run('ip', ['netns', 'add', `${prefix}device`]);
    const sleeper = await startSleeper(`${prefix}device`);
    const folder = join(tmpdir(), `eve-uplink-lab-${WORD}`);
    const options = { prefix, runDir: folder, stateDir: `${folder}-state` };
    const lab = await createLab(options);
    // It has ended; that this process hears of it may take a moment more.
    await sleeper.exited;
    expect(sleeper.running).toBe(false);
    await expect(createLab(options)).rejects.toThrow('is running already');
    expect(await lab.portAddress('eth0')).toBe(lab.isp('eth0').leaseAddress);
    await Promise.all([lab.destroy(), lab.destroy()]);
    expect(await namespacesNow()).not.toContain(prefix);
    await expect(access(folder)).rejects.toThrow('ENOENT');
    await expect(access(`${folder}-state`)).rejects.toThrow('ENOENT');
  });

  it('does not put its files among those of others', async () => {
    const prefix = `evl-${WORD}x-`;
    const options = { prefix, runDir: '/etc', stateDir: '/tmp' };
    await expect(createLab(options)).rejects.toThrow('/etc is not empty');
    await access('/etc/passwd');
    expect(await namespacesNow()).not.toContain(prefix);
  });
});
