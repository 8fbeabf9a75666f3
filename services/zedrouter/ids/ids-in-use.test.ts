import { describe, expect, it, jest } from '@jest/globals';

import { VirtualClock } from '../../../lib/clock/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import type { Ids } from '../desired/inputs.js';
import { MODEL } from '../testing/ship.js';
import { IdsInUse } from './ids-in-use.js';
import { NO_IDS } from './ids.js';

function inUse(keep: (ids: Ids) => Promise<void>) {
  const clock = new VirtualClock(0, 0);
  const onProblem = jest.fn();
  const logger = createLogger({ service: 'test', level: 'silent' });
  return {
    clock,
    onProblem,
    ids: new IdsInUse({ ids: NO_IDS, taken: () => new Set([1]), keep, clock, logger, onProblem }),
  };
}

describe('ids in use', () => {
  it('are on disk before anything rests on them, once a model', async () => {
    const keep = jest.fn(() => Promise.resolve());
    const { ids } = inUse(keep);
    const first = await ids.of(MODEL);
    expect(keep.mock.calls).toEqual([[first]]);
    expect([...first.networkInstances.values()]).not.toContain(1);
    expect(await ids.of({ ...MODEL })).toBe(first);
    expect(keep).toHaveBeenCalledTimes(1);
    expect(ids.problem).toBeUndefined();
  });

  it('are used although the disk refuses them, are kept when it takes them, and both are said', async () => {
    let full = true;
    const keep = jest.fn(() => (full ? Promise.reject(new Error('ENOSPC')) : Promise.resolve()));
    const { clock, ids, onProblem } = inUse(keep);
    expect((await ids.of(MODEL)).ports.size).toBe(MODEL.ports.length);
    expect(ids.problem).toBe('ENOSPC');
    expect(onProblem).toHaveBeenCalledTimes(1);
    await clock.advanceAsync(10_000);
    expect(ids.problem).toBe('ENOSPC');
    full = false;
    await clock.advanceAsync(60_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(ids.problem).toBeUndefined();
    expect(onProblem).toHaveBeenCalledTimes(2);
    const attempts = keep.mock.calls.length;
    await clock.advanceAsync(600_000);
    expect(keep).toHaveBeenCalledTimes(attempts);
  });

  it('do not wait for a disk that hangs', async () => {
    const { clock, ids } = inUse(() => new Promise(() => undefined));
    const asked = ids.of(MODEL);
    await clock.advanceAsync(1_000);
    expect((await asked).ports.size).toBe(MODEL.ports.length);
    expect(ids.problem).toMatch(/disk/);
  });
});
