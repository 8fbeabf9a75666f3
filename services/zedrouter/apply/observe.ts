import { readSysctl } from 'iproute-exec';

import { PROTOCOL } from '../../../lib/dataplane-layout/index.js';
import { routeKey, ruleKey, type Link, type LinkAddress } from '../../../lib/netlink/index.js';
import type { Bridge, Dataplane, NameService } from '../desired/dataplane.js';
import type { Kernel } from './kernel.js';
import { observeNameServices } from './name-services.js';
import { ownerOf } from './ownership.js';

export interface ObserveOptions {
  readonly kernel: Kernel;
  /** As they are known to be, or the directory to look in. */
  readonly nameServices: ReadonlyMap<string, NameService> | { readonly directory: string };
  /** Paths to read: the ones that are desired. */
  readonly sysctlPaths: Iterable<string>;
  /** The digest of the chains when they are right; undefined: never seen. */
  readonly chainsInForce: string | undefined;
  /** CLOCK_BOOTTIME now. */
  readonly boottimeMs: () => number;
}

/** Reads all that is ours in the kernel, and nothing else. @throws NetlinkError */
export async function observe(options: ObserveOptions): Promise<Dataplane> {
  const { kernel, nameServices, sysctlPaths, chainsInForce, boottimeMs } = options;
  const place = kernel.namespace === undefined ? {} : { namespace: kernel.namespace };
  const [services, sysctls] = await Promise.all([
    'directory' in nameServices ? observeNameServices(nameServices.directory) : nameServices,
    readSysctls(sysctlPaths, place),
  ]);
  const { rtnetlink, ruleset } = kernel;
  const { chainsDigest, elements } = ruleset.read(boottimeMs());
  const routes = rtnetlink.routes(({ protocol }) => protocol === PROTOCOL);
  const rules = rtnetlink.rules().filter(({ protocol }) => protocol === PROTOCOL);
  return {
    sysctls,
    bridges: ownBridges(rtnetlink.links(), rtnetlink.addresses()),
    routes: new Map(routes.map((route) => [routeKey(route), route])),
    rules: new Map(rules.map((rule) => [ruleKey(rule), rule])),
    rulesetInForce: chainsInForce !== undefined && chainsDigest === chainsInForce,
    elements,
    nameServices: services,
  };
}

function ownBridges(links: readonly Link[], addresses: readonly LinkAddress[]): ReadonlyMap<string, Bridge> {
  const bridges = new Map<string, Bridge>();
  for (const { kind, name, index, alias, isUp, macAddress, mtu } of links) {
    const niId = ownerOf(alias);
    if (kind !== 'bridge' || niId === undefined) continue;
    const address = addresses.find(({ linkIndex, family }) => linkIndex === index && family === 'inet');
    bridges.set(name, { name, niId, address: isUp ? address : undefined, macAddress: macAddress ?? '', mtu });
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
