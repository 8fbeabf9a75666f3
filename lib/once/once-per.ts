/**
 * What `make` answers, made once for each value that it is asked with and kept as long as that value lives. So neither
 * the value nor the answer may be changed afterwards. Values are told apart by identity.
 */
export function oncePer<Value extends object, Made>(make: (value: Value) => Made): (value: Value) => Made {
  const made = new WeakMap<Value, { readonly made: Made }>();
  return (value) => {
    let known = made.get(value);
    if (known === undefined) made.set(value, (known = { made: make(value) }));
    return known.made;
  };
}
