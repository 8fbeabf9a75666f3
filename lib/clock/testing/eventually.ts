import { waitUntil } from '../waiting.js';

/**
 * Tries again and again until it holds: it neither throws nor answers false. For what happens in real time, in kernels
 * and processes; everything else is tested on a VirtualClock.
 * @throws its last complaint after `timeoutMs`
 */
export async function eventually(expectation: () => unknown, timeoutMs = 5_000): Promise<void> {
  let complaint: unknown;
  const holds = async (): Promise<boolean> => {
    try {
      complaint = new Error(`not within ${timeoutMs} ms: ${expectation.toString()}`);
      return (await expectation()) !== false;
    } catch (error) {
      complaint = error;
      return false;
    }
  };
  if (!(await waitUntil(holds, { timeoutMs, everyMs: 5 }))) throw complaint;
}
