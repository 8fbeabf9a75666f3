import { loadRuleset } from 'iproute-exec';

import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import { changeSetElements, MOST_ELEMENTS } from '../../../lib/netlink/index.js';
import { SETS, type SetDefinition } from '../desired/sets.js';
import { nftScript } from '../plan/nft-script.js';
import type { NftChange } from '../plan/operations.js';
import type { Kernel } from './kernel.js';

/**
 * Executes one nft transaction: by netlink where only elements change, which is what a switch is, and through `nft -f`
 * where the ruleset is loaded. `boottimeMs`: CLOCK_BOOTTIME now.
 * @throws NetlinkError, CommandError where it was refused; nothing of it is then in force.
 */
export async function transact(
  { namespace, ruleset }: Pick<Kernel, 'namespace' | 'ruleset'>,
  change: NftChange,
  boottimeMs: number,
): Promise<void> {
  const before = ruleset.generation();
  if (!isForNetlink(change)) {
    await loadRuleset(nftScript(change, boottimeMs), namespace === undefined ? {} : { namespace });
    ruleset.loaded(before);
    return;
  }
  changeSetElements({
    family: NFT_FAMILY,
    table: NFT_TABLE,
    changes: change.sets.map(({ set, deleted, added }) => {
      const { key, value }: SetDefinition = SETS[set];
      return { set, key, value, deleted, added };
    }),
    boottimeMs,
    namespace,
  });
  ruleset.changed(before, change.sets);
}

function isForNetlink({ ruleset, access, sets }: NftChange): boolean {
  const elements = sets.reduce((sum, { deleted, added }) => sum + deleted.length + added.length, 0);
  if (ruleset || access.added.length > 0 || access.removed.length > 0) return false;
  return elements <= MOST_ELEMENTS;
}
