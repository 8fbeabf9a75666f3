import { NFT_FAMILY, NFT_TABLE } from '../desired/dataplane.js';
import { definitionScript, rulesScript } from '../desired/ruleset.js';
import type { NftChange } from './operations.js';

const at = `${NFT_FAMILY} ${NFT_TABLE}`;

/** The text of one nft transaction. */
export function nftScript({ ruleset, sets }: NftChange): string {
  const statements = sets.flatMap(({ set, deleted, added }) => [
    ...elementStatement('delete', set, deleted),
    ...elementStatement(
      'add',
      set,
      added.map(([key, value]) => (value === '' ? key : `${key} : ${value}`)),
    ),
  ]);
  const elements = statements.map((statement) => `${statement}\n`).join('');
  return ruleset ? definitionScript() + rulesScript() + elements : elements;
}

function elementStatement(verb: 'add' | 'delete', set: string, elements: readonly string[]): readonly string[] {
  return elements.length === 0 ? [] : [`${verb} element ${at} ${set} { ${elements.join(', ')} }`];
}
