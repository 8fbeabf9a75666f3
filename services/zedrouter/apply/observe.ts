import { listTableJson, parseAddresses, parseRoutes, parseRules, readSysctl } from 'iproute-exec';

import { NFT_FAMILY, NFT_TABLE, PROTOCOL, type Bridge, type Dataplane } from '../desired/dataplane.js';
import { routeKey } from '../desired/routes.js';
import type { Kernel } from './kernel.js';
import { observeNameServices } from './name-services.js';
import { readNftTable, type NftReading } from './nft-reading.js';
import { ownerOf } from './ownership.js';
import { routeText, ruleText } from './words.js';

export interface ObserveOptions {
  readonly kernel: Kernel;
  readonly nameServiceDirectory: string;
  /** Paths to read: the ones that are desired. */
  readonly sysctlPaths: Iterable<string>;
  /** What the chains read like when they are right (`NftReading.chains`); undefined: never seen. */
  readonly chainsInForce: string | undefined;
  /** CLOCK_BOOTTIME now. */
  readonly boottimeMs: () => number;
}

export interface Observation {
  readonly dataplane: Dataplane;
  /** How the chains read now. */
  readonly chains: string;
}

/** Reads all that is ours in the kernel, and nothing else. */
export async function observe(options: ObserveOptions): Promise<Observation> {
  const { kernel, nameServiceDirectory, sysctlPaths, chainsInForce, boottimeMs } = options;
  // Interfaces may have been replaced since: `ip` must not go by the indexes it knew.
  kernel.reader.forgetInterfaces();
  kernel.writer.forgetInterfaces();
  const place = kernel.namespace === undefined ? {} : { namespace: kernel.namespace };
  const [answers, nftJson, nameServices, sysctls] = await Promise.all([
    kernel.reader.query([
      ['rule', 'show'],
      ['route', 'show', 'table', 'all', 'proto', String(PROTOCOL)],
      ['addr', 'show', 'type', 'bridge'],
    ]),
    listTableJson(NFT_FAMILY, NFT_TABLE, place),
    observeNameServices(nameServiceDirectory),
    readSysctls(sysctlPaths, place),
  ]);
  const [rules, routes, bridges] = answers;
  const nft: NftReading = readNftTable(nftJson, boottimeMs());
  return {
    chains: nft.chains,
    dataplane: {
      sysctls,
      bridges: ownBridges(bridges ?? []),
      routes: new Map(parseRoutes(routes ?? []).map((route) => [routeKey(route.table, route.dst), routeText(route)])),
      rules: new Set(parseRules(rules ?? []).flatMap((rule) => ruleText(rule) ?? [])),
      rulesetInForce: chainsInForce !== undefined && nft.chains === chainsInForce,
      elements: nft.elements,
      nameServices,
    },
  };
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
