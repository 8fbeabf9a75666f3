import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import { definitionScript, rulesScript } from '../desired/ruleset.js';
import { untilMs } from '../desired/sets.js';
import type { NftChange } from './operations.js';

const at = `${NFT_FAMILY} ${NFT_TABLE}`;

/** The text of one nft transaction. `timeoutWords` says when an element that ends by itself does, e.g. `timeout 5000ms`. */
export function nftScript({ ruleset, sets }: NftChange, timeoutWords: (untilMs: number) => string): string {
  const statements = sets.flatMap(({ set, deleted, perhapsGone, added }) => [
    // What is not there cannot be deleted; adding what is there changes nothing.
    ...elementStatement('add', set, perhapsGone),
    ...elementStatement('delete', set, deleted),
    ...elementStatement(
      'add',
      set,
      added.map(([key, value]) => elementWords(key, value, timeoutWords)),
    ),
  ]);
  const elements = statements.map((statement) => `${statement}\n`).join('');
  return ruleset ? definitionScript() + rulesScript() + elements : elements;
}

function elementWords(key: string, value: string, timeoutWords: (untilMs: number) => string): string {
  const endMs = untilMs(value);
  if (endMs !== undefined) return `${key} ${timeoutWords(endMs)}`;
  return value === '' ? key : `${key} : ${value}`;
}

function elementStatement(verb: 'add' | 'delete', set: string, elements: readonly string[]): readonly string[] {
  return elements.length === 0 ? [] : [`${verb} element ${at} ${set} { ${elements.join(', ')} }`];
}
