import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { PushConfigRequest } from '../../../gen/zedagent/v1/device_config.js';
import { eventually } from '../../../lib/clock/testing/eventually.js';
import { configFromJson, durationOf } from '../../../lib/configuration/index.js';
import { local, ship } from '../../../lib/configuration/testing/ship-json.js';
import { call } from '../../../lib/rpc/index.js';
import { TestDevice } from '../testing/device.js';

const FIVE_MINUTES_MS = 300_000;
const options = { timeoutMs: 5_000 };

/** A configuration with this many network instances. */
const withInstances = (count: number): EdgeDevConfig =>
  configFromJson(ship({ networkInstances: Array.from({ length: count }, (_, index) => local(index + 1)) }));

describe('versions of a configuration', () => {
  let device: TestDevice;

  beforeEach(async () => {
    device = await TestDevice.boot();
    await device.push(withInstances(1));
  });

  afterEach(async () => {
    await device.destroy();
  });

  const pushUnconfirmed = (count: number) =>
    device.push(withInstances(count), { confirmWithin: durationOf(FIVE_MINUTES_MS) });
  const inForce = async () => {
    const { deviceConfig } = await call(device.config, 'getConfig', {}, options);
    return {
      version: deviceConfig?.version,
      instances: deviceConfig?.config?.networkInstances.length,
      waits: deviceConfig?.confirmation !== undefined,
    };
  };
  const history = async () => (await call(device.config, 'listConfigHistory', {}, options)).versions;
  const confirm = () => call(device.config, 'confirmConfig', {}, options);

  it('returns to the version before when nobody confirms, and says why and what goes', async () => {
    expect(await pushUnconfirmed(2)).toMatchObject({ version: 2n, confirmation: { returnToVersion: 1n } });
    expect(await inForce()).toEqual({ version: 2n, instances: 2, waits: true });
    device.clock.advance(FIVE_MINUTES_MS - 1_000);
    expect(await inForce()).toEqual({ version: 2n, instances: 2, waits: true });
    device.clock.advance(2_000);
    await eventually(async () => {
      expect(await inForce()).toEqual({ version: 3n, instances: 1, waits: false });
    });
    expect((await history())[0]).toMatchObject({
      author: 'zedagent',
      reason: 'version 1 returns: version 2 was not confirmed in time',
      changes: ['network instance ni2 goes'],
    });
  });

  it('stays when it is confirmed, also after a restart', async () => {
    await pushUnconfirmed(2);
    expect(await confirm()).toMatchObject({ version: 2n });
    device.clock.advance(2 * FIVE_MINUTES_MS);
    await device.restart();
    expect(await inForce()).toEqual({ version: 2n, instances: 2, waits: false });
    await expect(confirm()).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'NOTHING_TO_CONFIRM',
    });
  });

  it('goes on waiting over a restart of the service', async () => {
    await pushUnconfirmed(2);
    device.clock.advance(100_000);
    await device.restart();
    expect(await inForce()).toEqual({ version: 2n, instances: 2, waits: true });
    device.clock.advance(201_000);
    await eventually(async () => {
      expect(await inForce()).toEqual({ version: 3n, instances: 1, waits: false });
    });
    await device.restart();
    expect(await inForce()).toEqual({ version: 3n, instances: 1, waits: false });
  });

  it.each([
    ['at once', 0],
    ['with a clock set back by years', -86_400_000 * 800],
  ])('returns after a power cut, %s, before anybody is told of it', async (_what, wallMs) => {
    await pushUnconfirmed(2);
    await device.cutPower(Date.UTC(2026, 2, 1, 12) + wallMs);
    const told = device.watch(0n);
    await eventually(() => {
      expect(told.map(({ deviceConfig }) => deviceConfig?.config?.networkInstances.length)).toEqual([1]);
    });
    expect((await history())[0]?.reason).toMatch(/has started anew before version 2 was confirmed/);
    await device.restart();
    expect(await inForce()).toEqual({ version: 3n, instances: 1, waits: false });
  });

  it('leads back over several that nobody confirmed to the one that was', async () => {
    await pushUnconfirmed(2);
    device.clock.advance(200_000);
    expect(await pushUnconfirmed(3)).toMatchObject({ version: 3n, confirmation: { returnToVersion: 1n } });
    device.clock.advance(200_000);
    expect(await inForce()).toMatchObject({ version: 3n, waits: true });
    device.clock.advance(101_000);
    await eventually(async () => {
      expect(await inForce()).toEqual({ version: 4n, instances: 1, waits: false });
    });
  });

  it('is settled by a push that asks for no confirmation', async () => {
    await pushUnconfirmed(2);
    await device.push(withInstances(3));
    device.clock.advance(2 * FIVE_MINUTES_MS);
    expect(await inForce()).toEqual({ version: 3n, instances: 3, waits: false });
  });

  it('stays, and goes on, where the version before cannot be read any more', async () => {
    await pushUnconfirmed(2);
    await rm(join(device.stateDir, 'config-history'), { recursive: true });
    device.clock.advance(2 * FIVE_MINUTES_MS);
    expect(await inForce()).toMatchObject({ version: 2n, instances: 2 });
    await device.push(withInstances(3));
    expect(await inForce()).toEqual({ version: 3n, instances: 3, waits: false });
  });

  it('gives way at once when it is given up, and to nobody else', async () => {
    await pushUnconfirmed(2);
    const giveUp = (version: bigint, reason = 'the controller is lost') =>
      call(device.config, 'returnConfig', { version, reason }, options);
    await expect(giveUp(1n)).rejects.toMatchObject({ reason: 'VERSION_MISMATCH' });
    await expect(giveUp(2n, 'x\ny')).rejects.toMatchObject({ reason: 'INVALID_REASON' });
    expect(await giveUp(2n)).toMatchObject({ version: 3n });
    expect(await inForce()).toEqual({ version: 3n, instances: 1, waits: false });
    expect((await history())[0]?.reason).toBe('version 1 returns: version 2 is given up, the controller is lost');
    await expect(giveUp(3n)).rejects.toMatchObject({ reason: 'NOTHING_TO_CONFIRM' });
  });

  it.each<[string, Partial<PushConfigRequest>]>([
    ['too short', { confirmWithin: durationOf(9_000) }],
    ['too long', { confirmWithin: durationOf(25 * 3_600_000) }],
    ['negative', { confirmWithin: { seconds: -60n, nanos: 0 } }],
  ])('refuses a time to confirm that is %s', async (_what, more) => {
    await expect(device.push(withInstances(2), more)).rejects.toMatchObject({ reason: 'INVALID_CONFIRMATION' });
  });

  it('is kept for a while, and comes back by a rollback as a new version', async () => {
    for (const count of [2, 3, 4]) await device.push(withInstances(count));
    expect((await history()).map(({ version, config }) => ({ version, config }))).toEqual(
      [4n, 3n, 2n, 1n].map((version) => ({ version, config: undefined })),
    );
    const request = { dryRun: false, author: 'ops' };
    const rolledBack = await call(device.config, 'rollbackConfig', { ...request, version: 2n }, options);
    expect(rolledBack).toMatchObject({ fromVersion: 2n, push: { version: 5n, changed: true } });
    expect(await inForce()).toEqual({ version: 5n, instances: 2, waits: false });
    expect((await history())[0]).toMatchObject({ author: 'ops', reason: 'the content of version 2 again' });
    // Without a version: the one before, which may be what was rolled back from.
    expect(await call(device.config, 'rollbackConfig', request, options)).toMatchObject({ fromVersion: 4n });
    expect(await inForce()).toMatchObject({ version: 6n, instances: 4 });
    await expect(call(device.config, 'rollbackConfig', { ...request, version: 99n }, options)).rejects.toMatchObject({
      code: status.NOT_FOUND,
      reason: 'NO_SUCH_VERSION',
    });
  });

  it('is kept in a bounded number, but for the one that may have to return', async () => {
    await pushUnconfirmed(2);
    for (let count = 3; count < 18; count += 1) await pushUnconfirmed(count);
    const kept = (await history()).map(({ version }) => version);
    expect(kept.length).toBeLessThan(14);
    expect(kept.at(-1)).toBe(1n);
    device.clock.advance(FIVE_MINUTES_MS + 1_000);
    await eventually(async () => {
      expect(await inForce()).toMatchObject({ instances: 1 });
    });
  });

  it('is not taken for another where its file is damaged', async () => {
    await device.push(withInstances(2));
    await cp(join(device.stateDir, 'config'), join(device.stateDir, 'config-history', '1'));
    await cp(join(device.stateDir, 'config'), join(device.stateDir, 'config-history', '2'));
    expect((await history()).map(({ version }) => version)).toEqual([2n]);
    const request = { dryRun: false, author: 'ops', version: 1n };
    await expect(call(device.config, 'rollbackConfig', request, options)).rejects.toMatchObject({
      reason: 'NO_SUCH_VERSION',
    });
  });
});
