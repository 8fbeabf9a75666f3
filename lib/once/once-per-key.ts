import { oncePer } from './once-per.js';

/**
 * As `oncePer`, for each value and key: `keyOf` says by what the further arguments are told apart, and `make` makes
 * the answer of all of them. All answers of a value are kept as long as it lives, so its keys must be few.
 */
export function oncePerKey<Value extends object, Arguments extends readonly unknown[], Made>(
  keyOf: (...further: Arguments) => string | number,
  make: (value: Value, ...further: Arguments) => Made,
): (value: Value, ...further: Arguments) => Made {
  const madeOf = oncePer((_: Value) => new Map<string | number, { readonly made: Made }>());
  return (value, ...further) => {
    const byKey = madeOf(value);
    const key = keyOf(...further);
    let known = byKey.get(key);
    if (known === undefined) byKey.set(key, (known = { made: make(value, ...further) }));
    return known.made;
  };
}
