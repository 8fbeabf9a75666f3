/** Tries an expectation again and again until it holds; fails with its last complaint after `timeoutMs`. */
export async function eventually(expectation: () => void | Promise<void>, timeoutMs = 4_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      await expectation();
      return;
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
