import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import { KEEP_COMPILED } from './keep-compiled.js';

/**
 * Told of a flag or of none: calls a long function, has garbage collected for a while, and says how long the next call
 * takes against the one before.
 */
const PROGRAM = `
  import { setFlagsFromString } from 'node:v8';
  for (const flag of process.argv.slice(1)) setFlagsFromString(flag);
  const statements = Array.from({ length: 3000 }, (_, index) => 'x = (x * ' + (index + 3) + ' + 1) % 1000003;');
  globalThis.seldom = new Function('x', statements.join('') + 'return x;');
  const callMs = () => { const begun = performance.now(); seldom(1); return performance.now() - begun; };
  callMs();
  const beforeMs = callMs();
  let kept = [];
  const until = performance.now() + 30_000;
  let collections = 0;
  new PerformanceObserver((list) => {
    collections += list.getEntries().filter(({ detail }) => detail.kind === 4).length;
  }).observe({ entryTypes: ['gc'] });
  while (collections < 10 && performance.now() < until) {
    kept.push(Array.from({ length: 50_000 }, (_, value) => ({ value })));
    if (kept.length > 4) kept = [];
    await new Promise((resolve) => setImmediate(resolve));
  }
  console.log(JSON.stringify({ ratio: callMs() / beforeMs, collections }));
`;

async function afterCollections(
  ...flags: readonly string[]
): Promise<{ readonly ratio: number; readonly collections: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    PROGRAM,
    '--',
    ...flags,
  ]);
  return JSON.parse(stdout) as { ratio: number; collections: number };
}

describe('keepCompiled', () => {
  it('keeps the code of what has not run for long, which V8 forgets by itself', async () => {
    const [kept, forgotten] = [await afterCollections(KEEP_COMPILED), await afterCollections()];
    expect([kept.collections, forgotten.collections].every((count) => count >= 10)).toBe(true);
    expect(kept.ratio).toBeLessThan(forgotten.ratio / 2);
  });
});
