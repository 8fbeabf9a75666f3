import { changeSetElements, MOST_ELEMENTS, whyNoSystemCalls } from 'iproute-exec';

import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import { SETS, untilMs, type SetDefinition } from '../desired/sets.js';
import { nftScript } from '../plan/nft-script.js';
import type { NftChange } from '../plan/operations.js';
import type { Kernel } from './kernel.js';

/**
 * Executes one nft transaction: by netlink where only elements change, which is what a switch is, and through nft where
 * the ruleset is loaded, or elements end by themselves. `boottimeMs`: CLOCK_BOOTTIME now.
 */
export async function transact(
  kernel: Pick<Kernel, 'namespace' | 'nft' | 'ruleset'>,
  change: NftChange,
  boottimeMs: number,
): Promise<void> {
  if (!isForNetlink(change)) {
    await kernel.nft.apply(nftScript(change, (endMs) => timeoutWords(endMs - boottimeMs)));
    return;
  }
  const { namespace, ruleset } = kernel;
  const before = ruleset.generation();
  changeSetElements({
    family: NFT_FAMILY,
    table: NFT_TABLE,
    changes: change.sets.map(({ set, deleted, added }) => {
      const { key, value }: SetDefinition = SETS[set];
      return { set, key, value, deleted, added };
    }),
    ...(namespace === undefined ? {} : { namespace }),
  });
  ruleset.changed(before, change.sets);
}

function isForNetlink({ ruleset, sets }: NftChange): boolean {
  const elements = sets.reduce((sum, { deleted, added }) => sum + deleted.length + added.length, 0);
  const timed = sets.some(
    ({ perhapsGone, added }) => perhapsGone.length > 0 || added.some(([, value]) => untilMs(value) !== undefined),
  );
  return !ruleset && !timed && elements <= MOST_ELEMENTS && whyNoSystemCalls() === undefined;
}

/** The kernel counts from when it is told. What has ended meanwhile ends at once. */
function timeoutWords(leftMs: number): string {
  return `timeout ${Math.max(1, Math.round(leftMs))}ms`;
}
