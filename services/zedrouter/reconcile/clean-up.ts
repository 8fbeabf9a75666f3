import { rm } from 'node:fs/promises';

import type { Logger } from '../../../lib/observability/index.js';
import { openKernel, type Kernel } from '../apply/kernel.js';
import { configuredBridges, stopNameService } from '../apply/name-services.js';
import { observe } from '../apply/observe.js';
import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import { nameServiceDirectory } from '../apply/directories.js';

export interface CleanUpOptions {
  readonly runDir: string;
  readonly stateDir: string;
  readonly logger: Logger;
  readonly namespace?: string;
}

/**
 * Removes all that is ours from the kernel, and nothing else: rules and routes of our protocol number, the nft table,
 * bridges with our alias, and each dnsmasq of ours. Kernel settings stay as they are: others may rest on them by now.
 * The traffic guard goes last. Throws where something could not be removed, and says what.
 */
export async function cleanUp(options: CleanUpOptions): Promise<void> {
  const { runDir, stateDir, logger, namespace } = options;
  const directory = nameServiceDirectory(runDir);
  const kernel = openKernel(namespace, logger);
  try {
    for (const bridge of configuredBridges(directory)) await stopNameService(directory, bridge);
    await removeFromKernel(kernel);
    await rm(directory, { recursive: true, force: true });
    await rm(`${stateDir}/zedrouter-numbers.json`, { force: true });
    logger.info({ event: 'dataplane-removed' }, 'removed everything owned by zedrouter from the kernel');
  } finally {
    await kernel.close();
  }
}

async function removeFromKernel(kernel: Kernel): Promise<void> {
  const dataplane = await observe({
    kernel,
    nameServices: new Map(),
    sysctlPaths: [],
    chainsInForce: undefined,
    boottimeMs: () => 0,
  });
  const results = await kernel.writer.run([
    ...[...dataplane.bridges.keys()].map((name) => ['link', 'del', name]),
    ...[...dataplane.routes]
      // The kernel takes these with the bridge.
      .filter(([, route]) => ![...dataplane.bridges.keys()].some((name) => route.includes(` dev ${name} `)))
      .map(([, route]) => ['route', 'del', ...route.split(' ')]),
    ...[...dataplane.rules].map((rule) => ['rule', 'del', ...rule.split(' ')]),
  ]);
  const errors = results.flatMap((result) => (result.ok ? [] : [result.error]));
  await kernel.nft.apply(`add table ${NFT_FAMILY} ${NFT_TABLE}\ndelete table ${NFT_FAMILY} ${NFT_TABLE}\n`);
  if (errors.length > 0) throw new Error(`not everything could be removed: ${errors.join('; ')}`);
}
