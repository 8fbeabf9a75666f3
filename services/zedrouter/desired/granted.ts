import type { Selection } from './inputs.js';

/**
 * Selections as they are at this time on CLOCK_BOOTTIME: what a grant alone permits is out when the grant has ended,
 * whether or not NIM has told.
 */
export function liveSelections(
  selections: ReadonlyMap<string, Selection>,
  boottimeMs: number,
): ReadonlyMap<string, Selection> {
  if (nextGrantEndMs(selections) === undefined) return selections;
  return new Map([...selections].map(([niId, selection]) => [niId, liveSelection(selection, boottimeMs)]));
}

function liveSelection(selection: Selection, boottimeMs: number): Selection {
  const isLive = (label: string): boolean => (selection.grantedUntilMs.get(label) ?? Infinity) > boottimeMs;
  return {
    ...selection,
    armed: selection.armed.filter(isLive),
    permitted: selection.permitted.filter(isLive),
    grantedUntilMs: new Map([...selection.grantedUntilMs].filter(([label]) => isLive(label))),
  };
}

/** When the next grant ends that any of them rests on; undefined where none does. */
export function nextGrantEndMs(selections: ReadonlyMap<string, Selection>): number | undefined {
  let next: number | undefined;
  for (const { grantedUntilMs } of selections.values()) {
    for (const endMs of grantedUntilMs.values()) next = next === undefined ? endMs : Math.min(next, endMs);
  }
  return next;
}
