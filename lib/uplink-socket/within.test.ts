import { getEventListeners } from 'node:events';

import { describe, expect, it } from '@jest/globals';

import { blockFor } from './testing/patience.js';
import { within } from './within.js';

const TIMEOUT_MS = 50;
const never = (): void => undefined;

describe('within', () => {
  it('hands on what comes, and leaves no listener behind', async () => {
    const { signal } = new AbortController();
    await expect(
      within({ timeoutMs: TIMEOUT_MS, signal }, ({ resolve }) => void setImmediate(resolve, 'it')),
    ).resolves.toBe('it');
    await expect(
      within({ timeoutMs: TIMEOUT_MS, signal }, ({ reject }) => void setImmediate(reject, new Error('no'))),
    ).rejects.toThrow('no');
    await expect(
      within({ timeoutMs: TIMEOUT_MS, signal }, () => {
        throw new Error('not even begun');
      }),
    ).rejects.toThrow('not even begun');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends at its time', async () => {
    const begunMs = performance.now();
    await expect(within({ timeoutMs: TIMEOUT_MS }, never)).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      message: 'no answer within 50 ms',
    });
    expect(performance.now() - begunMs).toBeGreaterThanOrEqual(TIMEOUT_MS - 1);
  });

  it('ends when the caller gives up, and does not begin where that was before', async () => {
    const controller = new AbortController();
    const ending = within({ timeoutMs: 60_000, signal: controller.signal }, never);
    controller.abort();
    await expect(ending).rejects.toMatchObject({ code: 'ABORT_ERR' });
    let began = false;
    const late = within({ timeoutMs: TIMEOUT_MS, signal: controller.signal }, () => {
      began = true;
    });
    await expect(late).rejects.toMatchObject({ code: 'ABORT_ERR' });
    expect(began).toBe(false);
  });

  it('counts only the first word', async () => {
    const first = within<number>({ timeoutMs: TIMEOUT_MS }, ({ resolve, reject }) => {
      resolve(1);
      resolve(2);
      reject(new Error('too late'));
    });
    await expect(first).resolves.toBe(1);
  });

  it('gives time that the event loop was away once more', async () => {
    const ending = within<string>({ timeoutMs: TIMEOUT_MS }, ({ resolve }) => {
      // The loop comes back long after the time; what had begun goes on in two more turns of it.
      setTimeout(() => setTimeout(resolve, 10, 'done'), 1);
    });
    blockFor(4 * TIMEOUT_MS);
    await expect(ending).resolves.toBe('done');
  });

  it('does not wait for ever for a loop that is always busy', async () => {
    const begunMs = performance.now();
    const ending = within({ timeoutMs: TIMEOUT_MS }, never);
    blockFor(10 * TIMEOUT_MS);
    await expect(ending).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(performance.now() - begunMs).toBeLessThan(20 * TIMEOUT_MS);
  });

  it('lets hundreds share a signal without a warning', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => {
      warnings.push(warning);
    };
    process.on('warning', note);
    const controller = new AbortController();
    const all = Array.from({ length: 300 }, () => within({ timeoutMs: 60_000, signal: controller.signal }, never));
    controller.abort();
    await Promise.allSettled(all);
    // Warnings come with the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});
