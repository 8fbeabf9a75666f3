import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import { element, formatElement, formatParts, type SetElement } from '../../../lib/netlink/index.js';
import { definitionScript, rulesScript } from '../desired/ruleset.js';
import { SETS, type SetDefinition } from '../desired/sets.js';
import type { NftChange } from './operations.js';

const AT = `${NFT_FAMILY} ${NFT_TABLE}`;

/** The text of one nft transaction. `boottimeMs`: CLOCK_BOOTTIME now, for elements that end by themselves. */
export function nftScript({ ruleset, sets }: NftChange, boottimeMs: number): string {
  const statements = sets.flatMap(({ set, deleted, added }) => {
    const types: SetDefinition = SETS[set];
    const keys = (elements: readonly SetElement[]) => elements.map(({ key }) => formatParts(types.key, key));
    const perhapsGone = deleted.filter(({ endsAtBoottimeMs }) => endsAtBoottimeMs !== undefined);
    return [
      // What is not there cannot be deleted; adding what is there changes nothing.
      ...statement(
        'add',
        set,
        perhapsGone.map(({ key, value }) => formatElement(types, element(key, value))),
      ),
      ...statement('delete', set, keys(deleted)),
      ...statement(
        'add',
        set,
        added.map((each) => formatElement(types, each, boottimeMs)),
      ),
    ];
  });
  const elements = statements.map((line) => `${line}\n`).join('');
  return ruleset ? definitionScript() + rulesScript() + elements : elements;
}

function statement(verb: 'add' | 'delete', set: string, elements: readonly string[]): readonly string[] {
  return elements.length === 0 ? [] : [`${verb} element ${AT} ${set} { ${elements.join(', ')} }`];
}
