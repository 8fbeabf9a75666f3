import { AccessVerdict, type AccessExplanation, type EntryDenials } from '../../gen/zedrouter/v1/network_router.js';
import { printable } from './table.js';

/**
 * What an access list says of a flow, in lines: the verdict with the entry that decides, and what the list has denied.
 * `flow`: the flow in words, as it was asked for.
 */
export function accessLines(explanation: AccessExplanation, flow: string): readonly string[] {
  const { appName, address, ingress, detail, denied } = explanation;
  const who = `${appName} ${explanation.interface} (${address})`;
  return [
    `${ingress ? `Arriving at ${who}` : `From ${who} to ${flow}`}: ${detail}`,
    ...(denied.length === 0 ? [] : [`Denied by this list within a week: ${denied.map(denialsText).join(', ')}`]),
  ].map(printable);
}

/** Whether the flow may begin, as far as these lists go. */
export function isAllowed(explanations: readonly AccessExplanation[]): boolean {
  return explanations.every(({ verdict }) => verdict === AccessVerdict.ACCESS_VERDICT_ALLOWED);
}

function denialsText({ entryId, place, packets }: EntryDenials): string {
  const many = `${packets} ${packets === 1n ? 'packet' : 'packets'}`;
  if (place > 0) return `${many} by ${entryId === 0 ? `the entry at place ${place}` : `entry ${entryId}`}`;
  return entryId === 0 ? `${many} that no entry allowed` : `${many} by a former entry`;
}
