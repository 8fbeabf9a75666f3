import type { StateChange } from './state-store.js';

/**
 * Makes one message of each step, so that all readers who get the same step share its message, and its encoding
 * (encodingOnce).
 */
export function oncePerChange<T, Message>(
  make: (change: StateChange<T>) => Message,
): (change: StateChange<T>) => Message {
  const made = new WeakMap<StateChange<T>, { readonly message: Message }>();
  return (change) => {
    const known = made.get(change) ?? { message: make(change) };
    made.set(change, known);
    return known.message;
  };
}
