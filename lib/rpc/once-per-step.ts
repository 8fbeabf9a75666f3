import type { StateChange } from './state-store.js';

/** Makes one message of each step, so that all readers who get the same step share its message, and its encoding (encodingOnce). */
export function oncePerStep<T, Message>(make: (step: StateChange<T>) => Message): (step: StateChange<T>) => Message {
  const made = new WeakMap<StateChange<T>, { readonly message: Message }>();
  return (step) => {
    const known = made.get(step) ?? { message: make(step) };
    made.set(step, known);
    return known.message;
  };
}
