import { systemClock } from '../clock/index.js';

/** Work that may pause at each of its `yield`s, and returns its result. */
export type Sliced<Result> = Generator<undefined, Result, undefined>;

/** So long at a time, in milliseconds; between two places to pause lies work of a few at most. */
const SLICE_MS = 8;

/** The result, without a pause. */
export function atOnce<Result>(work: Sliced<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/**
 * The result; after each slice this process does whatever else waits to be done. Work that fits into one slice is done
 * when this returns. Rejects with what the work throws.
 */
export async function inSlices<Result>(work: Sliced<Result>, sliceMs = SLICE_MS): Promise<Result> {
  let endsMs = systemClock.monotonicMs() + sliceMs;
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (systemClock.monotonicMs() < endsMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    endsMs = systemClock.monotonicMs() + sliceMs;
  }
}
