/**
 * Tries again and again until it holds: it neither throws nor answers false. For what happens in real time, in kernels
 * and processes; everything else is tested on a VirtualClock.
 * @throws its last complaint after `timeoutMs`
 */
export async function eventually(expectation: () => unknown, timeoutMs = 5_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    let complaint: unknown = new Error(`not within ${timeoutMs} ms: ${expectation.toString()}`);
    try {
      if ((await expectation()) !== false) return;
    } catch (error) {
      complaint = error;
    }
    if (performance.now() > deadlineMs) throw complaint;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
