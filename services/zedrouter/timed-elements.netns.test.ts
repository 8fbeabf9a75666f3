import { setTimeout as sleep } from 'node:timers/promises';

import { listTableJson, run } from 'iproute-exec';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { readNftTable } from './apply/nft-reading.js';
import { NFT_FAMILY, NFT_TABLE } from '../../lib/dataplane-layout/index.js';
import { definitionScript } from './desired/ruleset.js';
import { NO_ELEMENTS, untilText, type ElementSets } from './desired/sets.js';
import { nftScript } from './plan/nft-script.js';
import { plan } from './plan/plan.js';
import { NOTHING } from './testing/simulated-kernel.js';

const pair = '"bn1" . "sat0"';

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

  const withPermitted = (value: string | undefined): ElementSets => ({
    ...NO_ELEMENTS,
    permitted: new Map(value === undefined ? [] : [[pair, value]]),
  });
  const read = async (): Promise<ElementSets> =>
    readNftTable(await listTableJson(NFT_FAMILY, NFT_TABLE, { namespace }), nowMs()).elements;
  const script = (from: ElementSets, to: ElementSets): string =>
    plan({ ...NOTHING, rulesetInForce: true, elements: from }, { ...NOTHING, rulesetInForce: true, elements: to })
      .flatMap(({ operations }) => operations)
      .map((operation) =>
        operation.kind === 'nft'
          ? nftScript(operation.change, (endMs) => `timeout ${Math.max(1, Math.round(endMs - nowMs()))}ms`)
          : '',
      )
      .join('');
  const change = async (from: ElementSets, to: ElementSets): Promise<void> => {
    await run('nft', ['-f', '-'], { namespace, input: script(from, to) });
  };

  it('reads back as it was wanted, and needs no repair', async () => {
    const wanted = withPermitted(untilText(Math.round(nowMs()) + 3_600_000));
    await change(NO_ELEMENTS, wanted);
    expect(script(await read(), wanted)).toBe('');
    expect(script(wanted, wanted)).toBe('');
  });

  it('ends with nobody awake, and may be deleted whether or not it has', async () => {
    const wanted = withPermitted(untilText(Math.round(nowMs()) + 300));
    await change(NO_ELEMENTS, wanted);
    expect((await read()).permitted.has(pair)).toBe(true);
    const deadlineMs = performance.now() + 5_000;
    while ((await read()).permitted.has(pair) && performance.now() < deadlineMs) await sleep(20);
    expect((await read()).permitted.has(pair)).toBe(false);
    await change(wanted, NO_ELEMENTS);
    const longer = withPermitted(untilText(Math.round(nowMs()) + 3_600_000));
    await change(NO_ELEMENTS, longer);
    await change(longer, NO_ELEMENTS);
    expect((await read()).permitted.size).toBe(0);
  });

  it('becomes one that stays, and the other way round', async () => {
    const [stays, ends] = [withPermitted(''), withPermitted(untilText(Math.round(nowMs()) + 3_600_000))];
    await change(NO_ELEMENTS, stays);
    await change(stays, ends);
    expect(script(await read(), ends)).toBe('');
    await change(ends, stays);
    expect((await read()).permitted).toEqual(new Map([[pair, '']]));
  });
});
