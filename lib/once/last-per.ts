export interface LastPerOptions<Arguments extends readonly unknown[]> {
  /** Whether the answer for `before` holds for `now`; by default where each argument is identical. */
  readonly isSame?: (before: Arguments, now: Arguments) => boolean;
  /** So many answers are kept of each value; by default 1. */
  readonly kept?: number;
}

/**
 * What `make` answers, kept of each value for the further arguments that it was last asked with. Values are told apart
 * by identity, and none of what is given or answered may be changed afterwards.
 */
export function lastPer<Value extends object, Arguments extends readonly unknown[], Made>(
  make: (value: Value, ...further: Arguments) => Made,
  { isSame = areIdentical, kept = 1 }: LastPerOptions<Arguments> = {},
): (value: Value, ...further: Arguments) => Made {
  const madeOf = new WeakMap<Value, readonly { readonly further: Arguments; readonly made: Made }[]>();
  return (value, ...further) => {
    const known = madeOf.get(value) ?? [];
    const found = known.find((one) => isSame(one.further, further));
    if (found !== undefined) return found.made;
    const made = make(value, ...further);
    madeOf.set(value, [{ further, made }, ...known].slice(0, kept));
    return made;
  };
}

function areIdentical(before: readonly unknown[], now: readonly unknown[]): boolean {
  return before.length === now.length && before.every((each, place) => Object.is(each, now[place]));
}
