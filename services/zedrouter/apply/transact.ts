import { changeSetElements, MOST_ELEMENTS, whyNoSystemCalls } from 'iproute-exec';

import { NFT_FAMILY, NFT_TABLE } from '../desired/dataplane.js';
import { SETS, type SetDefinition } from '../desired/sets.js';
import { nftScript } from '../plan/nft-script.js';
import type { NftChange } from '../plan/operations.js';
import type { Kernel } from './kernel.js';

/**
 * Executes one nft transaction: by netlink where only elements change, which is what a switch is, and through nft where
 * the ruleset is loaded.
 */
export async function transact(kernel: Pick<Kernel, 'namespace' | 'nft'>, change: NftChange): Promise<void> {
  const elements = change.sets.reduce((sum, { deleted, added }) => sum + deleted.length + added.length, 0);
  if (change.ruleset || elements > MOST_ELEMENTS || whyNoSystemCalls() !== undefined) {
    await kernel.nft.apply(nftScript(change));
    return;
  }
  const { namespace } = kernel;
  changeSetElements({
    family: NFT_FAMILY,
    table: NFT_TABLE,
    changes: change.sets.map(({ set, deleted, added }) => {
      const { key, value }: SetDefinition = SETS[set];
      return { set, key, value, deleted, added };
    }),
    ...(namespace === undefined ? {} : { namespace }),
  });
}
