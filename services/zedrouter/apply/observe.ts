import { setImmediate as nextTurn } from 'node:timers/promises';

import { readSysctl } from 'iproute-exec';

import { EGRESS_FILTER_PREFERENCE, PROTOCOL } from '../../../lib/dataplane-layout/index.js';
import { egressFilterKey } from '../../../lib/egress-filter/index.js';
import {
  ERRNO,
  NetlinkError,
  routeKey,
  ruleKey,
  type ForwardingSettings,
  type Link,
  type LinkAddress,
} from '../../../lib/netlink/index.js';
import type { Bridge, Dataplane, NameService } from '../desired/dataplane.js';
import type { Kernel } from './kernel.js';
import type { BridgeMembers } from './bridge-members.js';
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
  /** Learns who is in which bridge. */
  readonly members?: BridgeMembers;
}

/**
 * Reads all that is ours in the kernel, and nothing else. Between the lists, whatever else waits has its turn: each
 * takes milliseconds where there are hundreds of network instances, and a switch should not wait for them.
 * @throws NetlinkError
 */
export async function observe(options: ObserveOptions): Promise<Dataplane> {
  const { kernel, nameServices, sysctlPaths, chainsInForce, boottimeMs, members } = options;
  const place = kernel.namespace === undefined ? {} : { namespace: kernel.namespace };
  const { rtnetlink, ruleset } = kernel;
  const links = rtnetlink.links();
  const told = toldSysctls(links, rtnetlink.forwardingSettings());
  const [services, sysctls, showsAllBridges] = await Promise.all([
    'directory' in nameServices ? observeNameServices(nameServices.directory) : nameServices,
    readSysctls(sysctlPaths, told, place),
    // As Docker sets it; without br_netfilter there is no such setting.
    readSysctl(['net', 'bridge', 'bridge-nf-call-iptables'], place).then(
      (value) => value !== '0',
      () => false,
    ),
  ]);
  const { chainsDigest, elements, accessObjects } = ruleset.read(boottimeMs());
  await nextTurn();
  const bridges = ownBridges(links, rtnetlink.addresses(), showsAllBridges);
  members?.note(links, bridges.keys());
  await nextTurn();
  const ownRoutes = rtnetlink.routes(({ protocol }) => protocol === PROTOCOL);
  const routes = new Map(ownRoutes.map((route) => [routeKey(route), route]));
  await nextTurn();
  const ownRules = rtnetlink.rules().filter(({ protocol }) => protocol === PROTOCOL);
  const rules = new Map(ownRules.map((rule) => [ruleKey(rule), rule]));
  await nextTurn();
  return {
    sysctls,
    bridges,
    routes,
    rules,
    egressFilters: readEgressFilters(kernel),
    rulesetInForce: chainsInForce !== undefined && chainsDigest === chainsInForce,
    accessObjects,
    elements,
    nameServices: services,
  };
}

function readEgressFilters({ rtnetlink, lacks }: Kernel): Dataplane['egressFilters'] {
  if (lacks.has('egress-filters')) return undefined;
  try {
    const filters = rtnetlink.egressFilters(EGRESS_FILTER_PREFERENCE);
    return new Map(filters.map((filter) => [egressFilterKey(filter), filter]));
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.errno !== ERRNO.notSupported) throw error;
    lacks.add('egress-filters');
    return undefined;
  }
}

function ownBridges(
  links: readonly Link[],
  addresses: readonly LinkAddress[],
  showsAllBridges: boolean,
): ReadonlyMap<string, Bridge> {
  const bridges = new Map<string, Bridge>();
  const withOneWayMembers = new Set(
    links.flatMap(({ isHairpin, masterIndex }) => (isHairpin === false ? [masterIndex] : [])),
  );
  for (const { kind, name, index, alias, isUp, macAddress, mtu, filtersMembers } of links) {
    const niId = ownerOf(alias);
    if (kind !== 'bridge' || niId === undefined) continue;
    const address = addresses.find(({ linkIndex, family }) => linkIndex === index && family === 'inet');
    bridges.set(name, {
      name,
      niId,
      address: isUp ? address : undefined,
      macAddress: macAddress ?? '',
      mtu,
      filtersMembers,
      returnsToSender: !(showsAllBridges || filtersMembers === true) || !withOneWayMembers.has(index),
    });
  }
  return bridges;
}

/** Those that netlink tells, of all links at once: cheaper than a file each. */
function toldSysctls(links: readonly Link[], settings: readonly ForwardingSettings[]): ReadonlyMap<string, string> {
  const names = new Map(links.map(({ index, name }) => [index, name]));
  return new Map(
    settings.flatMap(({ linkIndex, forwarding, reversePathFilter, ignoreRoutesWithLinkdown }) => {
      const name = names.get(linkIndex);
      if (name === undefined) return [];
      const at = `net/ipv4/conf/${name}`;
      return [
        [`${at}/forwarding`, forwarding ? '1' : '0'] as const,
        [`${at}/rp_filter`, String(reversePathFilter)] as const,
        ...(ignoreRoutesWithLinkdown === undefined
          ? []
          : [[`${at}/ignore_routes_with_linkdown`, ignoreRoutesWithLinkdown ? '1' : '0'] as const]),
      ];
    }),
  );
}

/** The settings that are asked for, and all that were told anyway. */
async function readSysctls(
  paths: Iterable<string>,
  told: ReadonlyMap<string, string>,
  place: { readonly namespace?: string },
): Promise<ReadonlyMap<string, string>> {
  const read = await Promise.all(
    [...paths].map(
      async (path) => [path, told.get(path) ?? (await readSysctl(path.split('/'), place).catch(() => ''))] as const,
    ),
  );
  return new Map([...told, ...read]);
}
