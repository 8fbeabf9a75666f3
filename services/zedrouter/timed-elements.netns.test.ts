import { setTimeout as sleep } from 'node:timers/promises';

import { run } from 'iproute-exec';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { elementKey, type SetElement } from '../../lib/netlink/index.js';
import { RulesetCache } from './apply/ruleset-cache.js';
import { transact } from './apply/transact.js';
import { definitionScript } from './desired/ruleset.js';
import { NO_ELEMENTS, type ElementSets } from './desired/sets.js';
import { plan } from './plan/plan.js';
import { NOTHING } from './testing/simulated-kernel.js';

const key = ['bn1', 'sat0'];
const PAIR = elementKey(key);

/** Elements that end by themselves, in the tables of a real kernel. */
describe('an element that ends by itself', () => {
  const namespace = `evr-timed-${process.pid}`;
  const begunMs = performance.now();
  /** The boot clock of the test. */
  const nowMs = (): number => performance.now() - begunMs;

  beforeEach(async () => {
    await run('ip', ['netns', 'add', namespace]);
    await run('nft', ['-f', '-'], { namespace, input: definitionScript() });
  });

  afterEach(async () => {
    await run('ip', ['netns', 'del', namespace]);
  });

  /** `endsInMs` undefined: it stays. */
  const permitted = (endsInMs?: number): ElementSets => {
    const element: SetElement = {
      key,
      value: [],
      ...(endsInMs === undefined ? {} : { endsAtBoottimeMs: Math.round(nowMs()) + endsInMs }),
    };
    return { ...NO_ELEMENTS, permitted: new Map([[PAIR, element]]) };
  };
  const read = (): ElementSets => new RulesetCache(namespace).read(nowMs()).elements;
  const changes = (from: ElementSets, to: ElementSets) =>
    plan({ ...NOTHING, rulesetInForce: true, elements: from }, { ...NOTHING, rulesetInForce: true, elements: to })
      .flatMap(({ operations }) => operations)
      .flatMap((operation) => (operation.kind === 'nft' ? [operation.change] : []));
  const change = async (from: ElementSets, to: ElementSets): Promise<void> => {
    const kernel = { namespace, ruleset: new RulesetCache(namespace) };
    for (const each of changes(from, to)) await transact(kernel, each, nowMs());
  };

  it('reads back as it was wanted, and needs no repair', async () => {
    const wanted = permitted(3_600_000);
    await change(NO_ELEMENTS, wanted);
    expect(changes(read(), wanted)).toEqual([]);
    expect(changes(wanted, wanted)).toEqual([]);
  });

  it('ends with nobody awake, and may be deleted whether or not it has', async () => {
    const wanted = permitted(300);
    await change(NO_ELEMENTS, wanted);
    expect(read().permitted.has(PAIR)).toBe(true);
    const deadlineMs = performance.now() + 5_000;
    while (read().permitted.has(PAIR) && performance.now() < deadlineMs) await sleep(20);
    expect(read().permitted.has(PAIR)).toBe(false);
    await change(wanted, NO_ELEMENTS);
    const longer = permitted(3_600_000);
    await change(NO_ELEMENTS, longer);
    await change(longer, NO_ELEMENTS);
    expect(read().permitted.size).toBe(0);
  });

  it('becomes one that stays, and the other way round', async () => {
    const [stays, ends] = [permitted(), permitted(3_600_000)];
    await change(NO_ELEMENTS, stays);
    await change(stays, ends);
    expect(changes(read(), ends)).toEqual([]);
    await change(ends, stays);
    expect(read().permitted).toEqual(stays.permitted);
  });
});
