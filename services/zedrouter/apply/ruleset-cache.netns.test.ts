import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from 'iproute-exec';

import { systemClock } from '../../../lib/clock/index.js';
import { element } from '../../../lib/netlink/index.js';
import { NO_ELEMENTS } from '../desired/sets.js';
import { openKernel, type Kernel } from './kernel.js';
import { transact } from './transact.js';

const DEVICE = 'evrk-device';
const bridge = (name: string) => element([name]);
const boottimeMs = (): number => systemClock.boottimeMs();

describe('what is known of the ruleset', () => {
  let kernel: Kernel;

  beforeAll(async () => {
    await run('ip', ['netns', 'del', DEVICE], { allowFailure: true });
    await run('ip', ['netns', 'add', DEVICE]);
    kernel = openKernel(DEVICE);
    await transact(kernel, { ruleset: true, access: { added: [], removed: [] }, sets: [] }, boottimeMs());
  });

  afterAll(async () => {
    await run('ip', ['netns', 'del', DEVICE]);
  });

  const bridges = (): readonly string[] => [...kernel.ruleset.read(boottimeMs()).elements.ni_bridges.keys()];
  const isKnown = ({ ruleset }: Kernel): boolean => ruleset.current !== undefined;
  const change = (deleted: readonly string[], added: readonly string[]) =>
    transact(
      kernel,
      {
        ruleset: false,
        access: { added: [], removed: [] },
        sets: [{ set: 'ni_bridges', deleted: deleted.map(bridge), added: added.map(bridge) }],
      },
      boottimeMs(),
    );

  it('stays true over our own transactions, without a listing', async () => {
    expect(isKnown(kernel)).toBe(false);
    expect(kernel.ruleset.read(boottimeMs()).elements).toEqual(NO_ELEMENTS);
    expect(isKnown(kernel)).toBe(true);
    await change([], ['bn1', 'bn2']);
    await change(['bn1'], ['bn3']);
    expect(isKnown(kernel)).toBe(true);
    expect(bridges()).toEqual(['bn2', 'bn3']);
    await expect(change(['bn1'], [])).rejects.toThrow('No such file or directory');
    expect(isKnown(kernel)).toBe(true);
  });

  it('tells chains that were loaded from those that somebody else may have changed since', async () => {
    const load = () => transact(kernel, { ruleset: true, access: { added: [], removed: [] }, sets: [] }, boottimeMs());
    const asLoaded = () => kernel.ruleset.chainsAsLoaded(boottimeMs());
    await load();
    const right = asLoaded();
    expect(right).toEqual({ digest: expect.any(String), isOurs: true });
    await load();
    await change([], ['bn5']);
    expect(asLoaded()).toEqual(right);
    await load();
    await run('nft', ['flush', 'table', 'inet', 'eve_uplink'], { namespace: DEVICE });
    const emptied = asLoaded();
    expect(emptied.isOurs).toBe(false);
    expect(emptied.digest).not.toBe(right.digest);
    await change(['bn5'], []);
    expect(asLoaded().isOurs).toBe(false);
    await load();
    expect(asLoaded()).toEqual(right);
  });

  it('is dropped when somebody else changes anything', async () => {
    await run('nft', ['delete', 'element', 'inet', 'eve_uplink', 'ni_bridges', '{ "bn2" }'], { namespace: DEVICE });
    expect(isKnown(kernel)).toBe(false);
    expect(bridges()).toEqual(['bn3']);
    expect(isKnown(kernel)).toBe(true);
  });

  it('is dropped with what was changed on top of a change by somebody else', async () => {
    await run('nft', ['add', 'element', 'inet', 'eve_uplink', 'ni_bridges', '{ "bn7" }'], { namespace: DEVICE });
    await change(['bn3'], []);
    expect(isKnown(kernel)).toBe(false);
    expect(bridges()).toEqual(['bn7']);
  });
});
