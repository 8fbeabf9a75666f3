/**
 * Small numbers for things that the kernel knows by number: ports, network instances, apps' addresses. Whoever has a
 * number keeps it for as long as it is wanted, so that bridges, tables, marks and leases stay the same over restarts.
 */
export type Numbering = ReadonlyMap<string, number>;

/**
 * Numbers for all of `names`: kept where `previous` has one in range that is not reserved, else the lowest free one,
 * in the order of `names`. Names for which none is left are missing from the answer.
 */
export function number(
  previous: Numbering,
  names: Iterable<string>,
  range: { readonly first: number; readonly last: number },
  reserved: ReadonlySet<number> = new Set(),
): Numbering {
  const wanted = [...names];
  const taken = new Set(reserved);
  const numbers = new Map<string, number>();
  for (const name of wanted) {
    const kept = previous.get(name);
    if (kept === undefined || kept < range.first || kept > range.last || taken.has(kept)) continue;
    numbers.set(name, kept);
    taken.add(kept);
  }
  let next = range.first;
  for (const name of wanted) {
    if (numbers.has(name)) continue;
    while (taken.has(next)) next += 1;
    if (next > range.last) break;
    numbers.set(name, next);
    taken.add(next);
  }
  return numbers;
}

/** True where both hold the same numbers. */
export function sameNumbering(a: Numbering, b: Numbering): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);
}
