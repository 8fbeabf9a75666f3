/** Work with pauses (lib/slices), done once for each value. */
export interface OncePerInSlices<Value extends object, Made> {
  /** The answer; with pauses the first time, so that what asks later need not wait. */
  of(value: Value): Generator<undefined, Made, undefined>;
  /** The answer where it is known already. */
  known(value: Value): Made | undefined;
  /** Notes an answer that somebody else has found. */
  note(value: Value, made: Made): void;
}

/**
 * As `oncePer`, of work with pauses. Two that ask before there is an answer both do the work, and get answers that are
 * equal and not identical.
 */
export function oncePerInSlices<Value extends object, Made>(
  make: (value: Value) => Generator<undefined, Made, undefined>,
): OncePerInSlices<Value, Made> {
  const answers = new WeakMap<Value, { readonly made: Made }>();
  return {
    *of(value) {
      const known = answers.get(value);
      if (known !== undefined) return known.made;
      const made = yield* make(value);
      answers.set(value, { made });
      return made;
    },
    known: (value) => answers.get(value)?.made,
    note: (value, made) => {
      answers.set(value, { made });
    },
  };
}
