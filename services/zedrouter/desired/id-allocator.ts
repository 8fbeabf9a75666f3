/**
 * Ids of things that the kernel knows by number: ports, network instances, apps' addresses. Whoever has one keeps it
 * for as long as it is wanted, so that bridges, tables, marks and leases stay the same over restarts.
 */
export type IdMap = ReadonlyMap<string, number>;

/**
 * Ids for all of `names`: kept where `previous` has one in range that is not reserved, else the lowest free one,
 * in the order of `names`. Names for which none is left are missing from the answer.
 */
export function allocateIds(
  previous: IdMap,
  names: Iterable<string>,
  range: { readonly first: number; readonly last: number },
  reserved: ReadonlySet<number> = new Set(),
): IdMap {
  const wanted = [...names];
  const taken = new Set(reserved);
  const ids = new Map<string, number>();
  for (const name of wanted) {
    const kept = previous.get(name);
    if (kept === undefined || kept < range.first || kept > range.last || taken.has(kept)) continue;
    ids.set(name, kept);
    taken.add(kept);
  }
  let next = range.first;
  for (const name of wanted) {
    if (ids.has(name)) continue;
    while (taken.has(next)) next += 1;
    if (next > range.last) break;
    ids.set(name, next);
    taken.add(next);
  }
  return ids;
}

/** True where both hold the same ids. */
export function sameIds(a: IdMap, b: IdMap): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);
}
