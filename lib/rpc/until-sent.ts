/**
 * Resolves when what this turn of the event loop wrote to streams has left: HTTP/2 sends at the end of a turn. What
 * need not be done before others are told waits for it.
 */
export async function untilSent(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
