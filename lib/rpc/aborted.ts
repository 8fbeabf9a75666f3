/**
 * Whether a signal has aborted by now. A function, because the compiler holds on to the first answer of the property.
 */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
