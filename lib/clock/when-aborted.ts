import { setMaxListeners } from 'node:events';

/**
 * Calls `fn` when the signal aborts, at once where it has already. Hundreds may listen to one signal.
 * @returns a function that stops listening
 */
export function whenAborted(signal: AbortSignal | undefined, fn: () => void): () => void {
  if (signal?.aborted === true) fn();
  if (signal === undefined || signal.aborted) return () => undefined;
  setMaxListeners(0, signal);
  signal.addEventListener('abort', fn);
  return () => {
    signal.removeEventListener('abort', fn);
  };
}

/** Whether a signal has aborted by now. The compiler holds on to the first answer of the property itself. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
