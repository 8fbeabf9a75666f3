import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import { flushSets } from '../../../lib/netlink/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import type { AccessObjects } from '../desired/access.js';
import type { Kernel } from './kernel.js';

/** The sets that dnsmasq fills with the addresses of names. */
export function hostSetsIn(objects: AccessObjects | undefined): readonly string[] {
  return [...(objects?.values() ?? [])].flatMap(({ kind, name }) => (kind === 'host-set' ? [name] : []));
}

/** Empties such sets. Where that fails they are emptied in the turn after the next. */
export function emptyHostSets({ namespace }: Kernel, sets: readonly string[], logger: Logger): void {
  const places = sets.map((set) => ({ family: NFT_FAMILY, table: NFT_TABLE, set }) as const);
  try {
    flushSets(places, { namespace });
  } catch (error) {
    logger.warn({ event: 'host-sets-kept', err: error }, 'cannot empty sets of addresses of names');
  }
}
