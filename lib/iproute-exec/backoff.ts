/** The time to wait before a dead child is started again: doubles from first to longest, begins anew after a calm time. */
export class Backoff {
  private nextMs: number;

  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
  ) {
    this.nextMs = firstMs;
  }

  delayMs(): number {
    const delay = this.nextMs;
    this.nextMs = Math.min(this.longestMs, delay * 2);
    return delay;
  }

  reset(): void {
    this.nextMs = this.firstMs;
  }
}
