/** How the wait between attempts grows. */
export interface Backoff {
  /** The wait after the first failure. */
  readonly firstMs: number;
  /** It never grows beyond this. */
  readonly mostMs: number;
  /** Failures before this one: 0 for the first. */
  readonly attempt: number;
  /**
   * From 0 to 1, as Math.random() answers: takes up to half of the wait away, so that many who failed together do not
   * try again together. Left out: nothing is taken away.
   */
  readonly jitter?: number;
}

/** Milliseconds to wait before the next attempt: `firstMs`, doubled with each further failure. */
export function backoffMs({ firstMs, mostMs, attempt, jitter = 0 }: Backoff): number {
  return Math.min(firstMs * 2 ** attempt, mostMs) * (1 - jitter / 2);
}
