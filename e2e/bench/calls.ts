import { monotonicMs } from '../../lab/index.js';

/** One round of calls: how long each took, and how many were answered a second. */
export interface Round {
  readonly latenciesMs: readonly number[];
  readonly perSecond: number;
}

/** Makes `count` calls, `inFlight` of them at any time. */
export async function makeCalls(call: () => Promise<unknown>, count: number, inFlight: number): Promise<Round> {
  const latenciesMs: number[] = [];
  let begun = 0;
  const oneAfterTheOther = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const beganMs = monotonicMs();
      await call();
      latenciesMs.push(monotonicMs() - beganMs);
    }
  };
  const beganMs = monotonicMs();
  await Promise.all(Array.from({ length: inFlight }, oneAfterTheOther));
  return { latenciesMs, perSecond: (count * 1000) / (monotonicMs() - beganMs) };
}
