import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { formatOperation, type Candidate, type Selection } from '../../../lib/decision/decide/index.js';
import { capitalized, describeCause, formatDuration, whyNone } from '../explain/explain.js';

/**
 * One network instance as it is, would be at once, and would come to be; undefined where there is none, or nothing more
 * to come.
 */
export interface Fate {
  readonly now: Selection | undefined;
  readonly wouldBe: Selection | undefined;
  readonly later: { readonly selection: Selection; readonly afterMs: number } | undefined;
}

/** What would become of a network instance, in sentences; none where all stays. */
export function describeFate({ now, wouldBe, later }: Fate): readonly string[] {
  if (wouldBe === undefined) {
    return now === undefined ? [] : [`${now.networkInstanceName} would be gone; now it has ${portOf(now)}.`];
  }
  const { networkInstanceName: name } = wouldBe;
  const lines =
    now === undefined
      ? [`${name} would be new, and have ${portOf(wouldBe)}${ifNone(wouldBe)}.`]
      : movement(name, now, wouldBe, 'at once');
  if (later === undefined) return lines;
  return [...lines, ...movement(name, wouldBe, later.selection, `after ${formatDuration(later.afterMs)}`)];
}

function movement(name: string, from: Selection, to: Selection, when: string): readonly string[] {
  const [left, taken] = [labelOf(from), labelOf(to)];
  if (left !== taken) {
    return [`${name} would go from ${portOf(from)} to ${portOf(to)} ${when}${ifNone(to)}: ${describeCause(to)}.`];
  }
  const [before, after] = [standbysOf(from), standbysOf(to)];
  if (before === after) return [];
  return [`${name} would stay on ${portOf(to)}, with ${after} behind it (now ${before}).`];
}

/** The label of the selected port; undefined where there is none. */
export function labelOf(selection: Selection | undefined): string | undefined {
  return selection?.outcome.kind === 'port' ? selection.outcome.label : undefined;
}

function portOf(selection: Selection): string {
  return labelOf(selection) ?? 'no port';
}

function ifNone({ outcome }: Selection): string {
  return outcome.kind === 'none' ? `, since ${whyNone[outcome.reason]}; its traffic would be rejected` : '';
}

function standbysOf({ candidates }: Selection): string {
  return rankedOf(candidates).slice(1).join(', ') || 'nothing';
}

/** How an operation's ports would change, in a sentence; none where they stay. */
export function describeOperation(
  operation: NetworkOperation,
  now: readonly Candidate[],
  wouldBe: readonly Candidate[],
): readonly string[] {
  const [before, after] = [rankedOf(now).join(', '), rankedOf(wouldBe).join(', ')];
  if (before === after) return [];
  const name = capitalized(formatOperation(operation));
  const may = after === '' ? 'would have no port' : `would have, best first: ${after}`;
  return [`${name} ${may} (now ${before || 'none'}).`];
}

/** Labels of the permitted and usable ports, best first. */
export function rankedOf(candidates: readonly Candidate[]): readonly string[] {
  return candidates.filter(({ rank }) => rank !== undefined).map(({ label }) => label);
}
