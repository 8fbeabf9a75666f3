import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { run } from 'iproute-exec';

import { systemClock } from '../../lib/clock/index.js';
import { checked, inNamespace, libc, openUnixSocket, SOCK_STREAM, unixAddress } from '../../lib/libc/index.js';
import { createLogger } from '../../lib/observability/index.js';
import { KernelInUseError } from './apply/owner-lock.js';
import { NO_IDS } from './ids/ids.js';
import { cleanUp, startZedrouter } from './index.js';
import { endReconcilers, upstream, withReconciler } from './testing/real-reconciler.js';
import { NI_DEFAULT } from './testing/ship.js';

/** Of no user. */
const GROUP = 64_100;

const logger = createLogger({ service: 'test', level: 'silent' });

describe('the kernel of a network namespace', () => {
  let namespace: string;
  let runDir: string;
  let otherRunDir: string;

  beforeEach(async () => {
    namespace = `evz-owner-${process.pid}`;
    await run('ip', ['netns', 'add', namespace]);
    runDir = await mkdtemp(join(tmpdir(), 'evz-owner-'));
    otherRunDir = await mkdtemp(join(tmpdir(), 'evz-owner-'));
  });

  afterEach(async () => {
    await endReconcilers({ namespace, runDir });
    await run('ip', ['netns', 'delete', namespace]);
    for (const directory of [runDir, otherRunDir]) await rm(directory, { recursive: true });
  });

  it('has one zedrouter, whatever the run directory, and is not cleaned up under it', async () => {
    const options = { logger, clock: systemClock, namespace };
    const first = await startZedrouter({ ...options, runDir, stateDir: runDir });
    try {
      const second = { ...options, runDir: otherRunDir, stateDir: otherRunDir };
      await expect(startZedrouter(second)).rejects.toThrow(KernelInUseError);
      await expect(cleanUp(second)).rejects.toThrow(KernelInUseError);
    } finally {
      await first.close();
    }
    const after = await startZedrouter({ ...options, runDir: otherRunDir, stateDir: otherRunDir });
    await after.close();
  });

  it('is not kept from us by a user who could not change it', async () => {
    const address = unixAddress('@eve-uplink/zedrouter');
    const squatter = inNamespace(namespace, () => openUnixSocket(SOCK_STREAM));
    process.seteuid?.(65_534);
    try {
      checked(libc().bind(squatter, address, address.length), 'squatting');
      checked(libc().listen(squatter, 1), 'squatting');
    } finally {
      process.seteuid?.(0);
    }
    const warn = jest.spyOn(logger, 'warn');
    try {
      const service = await startZedrouter({ logger, clock: systemClock, namespace, runDir, stateDir: runDir });
      await service.close();
      expect(warn).toHaveBeenCalledWith(expect.objectContaining({ event: 'kernel-name-taken' }), expect.any(String));
    } finally {
      warn.mockRestore();
      libc().close(squatter);
    }
  });

  it('is kept from us by a user of the group that owns our socket, as another form of the service has it', async () => {
    const address = unixAddress('@eve-uplink/zedrouter');
    const other = inNamespace(namespace, () => openUnixSocket(SOCK_STREAM));
    await writeFile(`${runDir}/zedrouter.sock`, '');
    await chown(`${runDir}/zedrouter.sock`, 0, GROUP);
    process.setegid?.(GROUP);
    process.seteuid?.(65_534);
    try {
      checked(libc().bind(other, address, address.length), 'holding the name');
      checked(libc().listen(other, 1), 'holding the name');
    } finally {
      process.seteuid?.(0);
      process.setegid?.(0);
    }
    try {
      await expect(cleanUp({ logger, namespace, runDir, stateDir: runDir })).rejects.toThrow(KernelInUseError);
    } finally {
      libc().close(other);
      await rm(`${runDir}/zedrouter.sock`);
    }
  });

  it('may have a bridge of somebody else with the name of ours: it stays as it is, and another name is taken', async () => {
    const ip = async (...words: readonly string[]): Promise<string> => (await run('ip', words, { namespace })).stdout;
    await ip('link', 'add', 'bn1', 'type', 'bridge');
    await ip('link', 'set', 'bn1', 'alias', 'of the hypervisor');
    const before = await ip('-d', 'link', 'show', 'bn1');
    const report = await withReconciler({ namespace, runDir, ids: NO_IDS }, (reconciler, nextReport) => {
      const settled = nextReport();
      reconciler.takeUpstream(upstream([], []));
      return settled;
    });
    expect(report.ids.networkInstances.get(NI_DEFAULT)).toBe(2);
    expect(report.desired.bridges.has('bn1')).toBe(false);
    expect(await ip('-d', 'link', 'show', 'bn1')).toBe(before);
    await endReconcilers({ namespace, runDir });
    expect(await ip('-d', 'link', 'show', 'bn1')).toBe(before);
    expect(await ip('-br', 'link')).not.toContain('bn2');
  });

  it('may get such a bridge while ours is away: it is left alone, and the report says so', async () => {
    const ip = async (...words: readonly string[]): Promise<string> => (await run('ip', words, { namespace })).stdout;
    await withReconciler({ namespace, runDir, ids: NO_IDS }, async (reconciler, nextReport) => {
      const settled = nextReport();
      reconciler.takeUpstream(upstream([], []));
      expect((await settled).desired.bridges.has('bn1')).toBe(true);
      await ip('link', 'set', 'bn1', 'alias', 'of the hypervisor');
      // What fails on this kernel without ports is tried again, from what is read anew.
      const { failures } = await nextReport();
      expect(failures.map(({ message }) => message)).toContain('an interface bn1 is there and is not ours');
      expect(await ip('-d', 'link', 'show', 'bn1')).toContain('of the hypervisor');
    });
    await ip('link', 'delete', 'bn1');
  });
});
