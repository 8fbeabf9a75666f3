import { listTableJson, parseAddresses, parseRoutes, parseRules, readSysctl } from 'iproute-exec';

import { type Bridge, type Dataplane, type NameService } from '../desired/dataplane.js';
import { NFT_FAMILY, NFT_TABLE, PROTOCOL } from '../../../lib/dataplane-layout/index.js';
import { routeKey } from '../desired/routes.js';
import type { Kernel } from './kernel.js';
import { observeNameServices } from './name-services.js';
import { readNftTable, type NftReading } from './nft-reading.js';
import { ownerOf } from './ownership.js';
import { routeText, ruleText } from './words.js';

export interface ObserveOptions {
  readonly kernel: Kernel;
  /** As they are known to be, or the directory to look in. */
  readonly nameServices: ReadonlyMap<string, NameService> | { readonly directory: string };
  /** Paths to read: the ones that are desired. */
  readonly sysctlPaths: Iterable<string>;
  /** What the chains read like when they are right (`NftReading.chains`); undefined: never seen. */
  readonly chainsInForce: string | undefined;
  /** CLOCK_BOOTTIME now. */
  readonly boottimeMs: () => number;
}

/** Reads all that is ours in the kernel, and nothing else. */
export async function observe(options: ObserveOptions): Promise<Dataplane> {
  const { kernel, nameServices, sysctlPaths, chainsInForce, boottimeMs } = options;
  // Interfaces may have been replaced since: `ip` must not go by the indexes it knew.
  kernel.reader.forgetInterfaces();
  kernel.writer.forgetInterfaces();
  const place = kernel.namespace === undefined ? {} : { namespace: kernel.namespace };
  const [answers, nft, services, sysctls] = await Promise.all([
    kernel.reader.query([
      ['rule', 'show'],
      ['route', 'show', 'table', 'all', 'proto', String(PROTOCOL)],
      ['addr', 'show', 'type', 'bridge'],
    ]),
    readNft(kernel, boottimeMs),
    'directory' in nameServices ? observeNameServices(nameServices.directory) : nameServices,
    readSysctls(sysctlPaths, place),
  ]);
  const [rules, routes, bridges] = answers;
  return {
    sysctls,
    bridges: ownBridges(bridges ?? []),
    routes: new Map(parseRoutes(routes ?? []).map((route) => [routeKey(route.table, route.dst), routeText(route)])),
    rules: new Set(parseRules(rules ?? []).flatMap((rule) => ruleText(rule) ?? [])),
    rulesetInForce: chainsInForce !== undefined && nft.chains === chainsInForce,
    elements: nft.elements,
    nameServices: services,
  };
}

/** Our nft table as it is now; from what is known of it, where nothing has changed since. `boottimeMs` reads CLOCK_BOOTTIME. */
export async function readNft({ ruleset, namespace }: Kernel, boottimeMs: () => number): Promise<NftReading> {
  const { current } = ruleset;
  if (current !== undefined) return current;
  const generation = ruleset.generation();
  const json = await listTableJson(NFT_FAMILY, NFT_TABLE, namespace === undefined ? {} : { namespace });
  const reading = readNftTable(json, boottimeMs());
  ruleset.read(generation, reading);
  return reading;
}

function ownBridges(answer: readonly unknown[]): ReadonlyMap<string, Bridge> {
  const bridges = new Map<string, Bridge>();
  for (const link of parseAddresses(answer)) {
    const niId = ownerOf(link.ifalias);
    if (niId === undefined) continue;
    const address = link.addresses.find(({ family }) => family === 'inet');
    bridges.set(link.ifname, {
      name: link.ifname,
      niId,
      // A bridge that is down needs the same care as one without its address.
      address: address === undefined || !link.flags.includes('UP') ? '' : `${address.local}/${address.prefixlen}`,
      macAddress: link.address ?? '',
      mtu: link.mtu,
    });
  }
  return bridges;
}

async function readSysctls(
  paths: Iterable<string>,
  place: { readonly namespace?: string },
): Promise<ReadonlyMap<string, string>> {
  const read = await Promise.all(
    [...paths].map(async (path) => [path, await readSysctl(path.split('/'), place).catch(() => '')] as const),
  );
  return new Map(read);
}
