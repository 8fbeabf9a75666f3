import { rm } from 'node:fs/promises';

import { loadRuleset } from 'iproute-exec';

import type { Logger } from '../../../lib/observability/index.js';
import { openKernel, type Kernel } from '../apply/kernel.js';
import { configuredBridges, stopNameService } from '../apply/name-services.js';
import { observe } from '../apply/observe.js';
import { ownKernel } from '../apply/owner-lock.js';
import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import { isAlreadySo, type KernelChange, type NetlinkError } from '../../../lib/netlink/index.js';
import { removals } from '../switches/switch-links.js';
import { removeSwitchTables } from '../switches/switch-tables.js';
import { isTunnelOfOurs } from '../tunnels/device.js';
import { FormerSettings, formerSettingsPath } from './former-settings.js';
import { nameServiceDirectory } from '../apply/directories.js';

export interface CleanUpOptions {
  readonly runDir: string;
  readonly stateDir: string;
  readonly logger: Logger;
  readonly namespace?: string | undefined;
}

/**
 * Removes all that is ours from the kernel, and nothing else: rules and routes of our protocol number, the nft tables,
 * filters of our preference, bridges, switches and tunnels with our alias, and each dnsmasq of ours. Kernel settings
 * that still are as we made them become what they were before. The traffic guard goes last. Throws where something
 * could not be removed, and says what, and KernelInUseError, with all left as it is, while a zedrouter runs.
 */
export async function cleanUp(options: CleanUpOptions): Promise<void> {
  const { runDir, stateDir, logger, namespace } = options;
  const owner = ownKernel({ namespace, socket: `${runDir}/zedrouter.sock` }, () => undefined);
  try {
    await removeAll({ runDir, stateDir, namespace });
  } finally {
    owner.release();
  }
  logger.info({ event: 'dataplane-removed' }, 'removed everything owned by zedrouter from the kernel');
}

async function removeAll({ runDir, stateDir, namespace }: Omit<CleanUpOptions, 'logger'>): Promise<void> {
  const directory = nameServiceDirectory(runDir);
  for (const bridge of configuredBridges(directory)) await stopNameService(directory, bridge);
  const settings = formerSettingsPath(runDir);
  const refused = await new FormerSettings(settings, namespace).restore();
  await removeFromKernel(openKernel(namespace));
  await rm(settings, { force: true });
  if (refused.length > 0) throw new Error(`not every kernel setting could be given back: ${refused.join('; ')}`);
  await rm(directory, { recursive: true, force: true });
  await rm(`${stateDir}/zedrouter-numbers.json`, { force: true });
}

async function removeFromKernel(kernel: Kernel): Promise<void> {
  const { bridges, routes, rules, egressFilters } = await observe({
    kernel,
    nameServices: new Map(),
    sysctlPaths: [],
    chainsInForce: undefined,
    boottimeMs: () => 0,
  });
  const links = kernel.rtnetlink.links();
  const tunnels = links.filter(isTunnelOfOurs);
  const tunnelNames = new Set(tunnels.map(({ name }) => name));
  const changes: readonly KernelChange[] = [
    // Ports are let go of with the bridge that they are in.
    ...removals([], links),
    ...[...bridges.keys()].map((name) => ({ kind: 'link-delete', name }) as const),
    // A tunnel's process ends with its device.
    ...tunnels.map(({ name }) => ({ kind: 'link-delete', name }) as const),
    // The kernel takes a device's routes with it.
    ...[...routes.values()]
      .filter(({ dev }) => dev === undefined || !(bridges.has(dev) || tunnelNames.has(dev)))
      .map((route) => ({ kind: 'route-delete', route }) as const),
    ...[...rules.values()].map((rule) => ({ kind: 'rule-delete', rule }) as const),
    ...[...(egressFilters?.values() ?? [])].map((filter) => ({ kind: 'egress-filter-delete', filter }) as const),
  ];
  const errors = kernel.rtnetlink
    .apply(changes)
    .filter((error, position) => error !== undefined && !isAlreadyGone(changes[position], error))
    .flatMap((error) => error?.message ?? []);
  // What they lived in goes where nobody else has filters there.
  const devs = [...new Set([...(egressFilters?.values() ?? [])].map(({ dev }) => dev))];
  kernel.rtnetlink.apply(
    devs.filter((dev) => !kernel.rtnetlink.hasFilters(dev)).map((dev) => ({ kind: 'clsact-delete', dev }) as const),
  );
  const script = `add table ${NFT_FAMILY} ${NFT_TABLE}\ndelete table ${NFT_FAMILY} ${NFT_TABLE}\n`;
  await loadRuleset(script, kernel.namespace === undefined ? {} : { namespace: kernel.namespace });
  await removeSwitchTables(kernel.namespace);
  if (errors.length > 0) throw new Error(`not everything could be removed: ${errors.join('; ')}`);
}

function isAlreadyGone(change: KernelChange | undefined, error: NetlinkError): boolean {
  return change !== undefined && isAlreadySo(change, error);
}
