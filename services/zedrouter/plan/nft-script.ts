import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import { element, formatElement, formatParts, type SetElement } from '../../../lib/netlink/index.js';
import type { AccessObject } from '../desired/access.js';
import { HOST_SET_TYPE } from '../desired/host-names.js';
import { definitionScript, rulesScript } from '../desired/ruleset.js';
import { SETS, type SetDefinition } from '../desired/sets.js';
import type { NftChange } from './operations.js';

const AT = `${NFT_FAMILY} ${NFT_TABLE}`;

/** The text of one nft transaction. `boottimeMs`: CLOCK_BOOTTIME now, for elements that end by themselves. */
export function nftScript({ ruleset, access, sets }: NftChange, boottimeMs: number): string {
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
  const elements = lines(statements);
  return [
    ruleset ? definitionScript() : '',
    ...access.added.map(addObject),
    ruleset ? rulesScript() : '',
    ...access.added.map(writeRules),
    elements,
    // Nothing leads to them any more. Chains first: they may look into a set.
    ...access.removed.filter(({ kind }) => kind === 'chain').map(({ name }) => lines([`flush chain ${AT} ${name}`])),
    ...access.removed.filter(({ kind }) => kind === 'chain').map(({ name }) => lines([`delete chain ${AT} ${name}`])),
    ...access.removed.filter(({ kind }) => kind === 'host-set').map(({ name }) => lines([`delete set ${AT} ${name}`])),
  ].join('');
}

function addObject(object: AccessObject): string {
  if (object.kind === 'host-set') return lines([`add set ${AT} ${object.name} { ${HOST_SET_TYPE} }`]);
  const { name, hook } = object;
  return lines([`add chain ${AT} ${name}${hook === undefined ? '' : ` { ${hook} }`}`]);
}

function writeRules(object: AccessObject): string {
  if (object.kind === 'host-set') return '';
  const { name, rules } = object;
  return lines([`flush chain ${AT} ${name}`, ...rules.map((rule) => `add rule ${AT} ${name} ${rule}`)]);
}

function lines(statements: readonly string[]): string {
  return statements.map((line) => `${line}\n`).join('');
}

function statement(verb: 'add' | 'delete', set: string, elements: readonly string[]): readonly string[] {
  return elements.length === 0 ? [] : [`${verb} element ${AT} ${set} { ${elements.join(', ')} }`];
}
