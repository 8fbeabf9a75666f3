import { createHash } from 'node:crypto';

import type { AccessEntry, DeviceModel, NumberRange } from '../../../lib/configuration/index.js';
import { bridgeName, FLOW_PORT_MASK, portMark } from '../../../lib/dataplane-layout/index.js';
import { element, elementKey, formatMark, type SetElement, type SetElements } from '../../../lib/netlink/index.js';
import { hostSetNames } from './host-names.js';
import type { Ids } from './inputs.js';
import { ipv4Number, ipv4Text } from '../../../lib/ipv4/index.js';
import { appInterfaceKey, attachedInterfaces, localInstances, type LocalInstance } from './local-instances.js';
import { madeOnceWithIds } from './made-once.js';

/**
 * A chain of rules or a set of addresses that is there for access lists. Its name says what is in it (a digest of the
 * rules, the network instance and name of the addresses), so two with the same name are the same.
 */
export type AccessObject =
  | { readonly kind: 'chain'; readonly name: string; readonly hook?: string; readonly rules: readonly string[] }
  /** Addresses that DNS answers gave for a name and those below it; dnsmasq puts them in. */
  | { readonly kind: 'host-set'; readonly name: string };

/** By name. */
export type AccessObjects = ReadonlyMap<string, AccessObject>;

/** An app's interface whose access list is enforced. */
export interface AccessInterface {
  readonly appId: string;
  readonly appName: string;
  readonly interfaceName: string;
  readonly niId: string;
  readonly niNumber: number;
  readonly bridge: string;
  readonly address: string;
  /** The bridge's address. */
  readonly gateway: string;
  readonly list: readonly AccessEntry[];
  /** Addresses of the network instance's apps and of its static DNS entries. */
  readonly members: ReadonlySet<string>;
}

export interface AccessRules {
  readonly objects: AccessObjects;
  /** By address: no two network instances share one. */
  readonly interfaces: ReadonlyMap<string, AccessInterface>;
  readonly elements: {
    readonly app_interfaces: SetElements;
    readonly acl_egress: SetElements;
    readonly acl_ingress: SetElements;
    readonly limit_egress: SetElements;
    readonly limit_ingress: SetElements;
  };
}

/** By whom a flow began, as the list looks at it. */
type Side = 'egress' | 'ingress';

/** What a list's rules need to know beside its entries. */
interface Around {
  readonly niNumber: number;
  readonly members: ReadonlySet<string>;
  /** Numbers of the ports with a label. */
  readonly portsOf: (label: string) => readonly number[];
}

const ACCESS_OBJECT = /^((out|in|limit)_[0-9a-f]{12}|host_\d+_[0-9a-f]{12}_[ab]|limits)$/;

/** Whether a chain or set of our table is there for access lists, and goes when none needs it. */
export function isAccessObject(name: string): boolean {
  return ACCESS_OBJECT.test(name);
}

/**
 * The chain that looks at packets of apps whose lists have limits, whichever flow they belong to. It is there only
 * where there is such a list: no other packet pays for it.
 */
const LIMITS: AccessObject = {
  kind: 'chain',
  name: 'limits',
  hook: 'type filter hook forward priority filter - 1; policy accept;',
  rules: [
    'ct direction original iifname . ip saddr vmap @limit_egress',
    'ct direction reply oifname . ip daddr vmap @limit_egress',
    'ct direction original oifname . ip daddr vmap @limit_ingress',
    'ct direction reply iifname . ip saddr vmap @limit_ingress',
  ],
};

/** Above every id that an entry may have. */
const UNNAMED = 0x0100_0000;

/** By which number the entry at that place is counted: its id, or its place where it has none. 0: the implicit last. */
export function entryMark({ id }: AccessEntry, position: number): number {
  return id === 0 ? UNNAMED + position : id;
}

/** What the kernel is to hold for the access lists of all apps. Follows from the configuration alone. */
export const accessRules: (model: DeviceModel, ids: Ids) => AccessRules = madeOnceWithIds((model, ids) => {
  const objects = new Map<string, AccessObject>();
  const interfaces = accessInterfaces(model, ids);
  const made = {
    app_interfaces: new Map<string, SetElement>(),
    acl_egress: new Map<string, SetElement>(),
    acl_ingress: new Map<string, SetElement>(),
    limit_egress: new Map<string, SetElement>(),
    limit_ingress: new Map<string, SetElement>(),
  };
  const portsOf = (label: string): readonly number[] =>
    model.ports.flatMap((port) => {
      const number = port.labels.includes(label) ? ids.ports.get(port.label) : undefined;
      return number === undefined ? [] : [number];
    });
  const chain = (prefix: string, rules: readonly string[], salt = ''): string => {
    const name = `${prefix}_${digest([salt, ...rules].join('\n'))}`;
    if (!objects.has(name)) objects.set(name, { kind: 'chain', name, rules });
    return name;
  };
  for (const each of interfaces.values()) {
    const { bridge, address, list, niNumber, members } = each;
    const key = [bridge, address];
    const put = (elements: Map<string, SetElement>, to?: string): void => {
      elements.set(elementKey(key), element(key, to === undefined ? [] : [`jump ${to}`]));
    };
    const around: Around = { niNumber, members, portsOf };
    for (const { remoteName } of list) {
      if (remoteName === undefined) continue;
      for (const name of hostSetNames(niNumber, remoteName)) objects.set(name, { kind: 'host-set', name });
    }
    put(made.app_interfaces);
    put(made.acl_egress, chain('out', listRules(list, 'egress', around)));
    put(made.acl_ingress, chain('in', listRules(list, 'ingress', around)));
    for (const side of ['egress', 'ingress'] as const) {
      const rules = limitRules(list, side, around);
      // A bucket is one app's own.
      if (rules.length > 0) put(made[`limit_${side}`], chain('limit', rules, `${side} ${elementKey(key)}`));
    }
  }
  if (made.limit_egress.size + made.limit_ingress.size > 0) objects.set(LIMITS.name, LIMITS);
  return { objects, interfaces, elements: made };
});

function accessInterfaces(model: DeviceModel, ids: Ids): ReadonlyMap<string, AccessInterface> {
  const attachedByInstance = attachedInterfaces(model);
  return new Map(
    localInstances(model).flatMap((instance) => {
      const niNumber = ids.networkInstances.get(instance.id);
      if (niNumber === undefined) return [];
      const placed = (attachedByInstance.get(instance.id) ?? []).flatMap((attached) => {
        const address = ids.appAddresses.get(appInterfaceKey(attached));
        return address === undefined ? [] : [{ attached, address: ipv4Text(address) }];
      });
      const members = membersOf(
        instance,
        placed.map(({ address }) => address),
      );
      return placed.map(({ attached: { app, appInterface }, address }): readonly [string, AccessInterface] => [
        address,
        {
          appId: app.id,
          appName: app.name,
          interfaceName: appInterface.name,
          niId: instance.id,
          niNumber,
          bridge: bridgeName(niNumber),
          address,
          gateway: instance.network.gateway,
          list: appInterface.accessList,
          members,
        },
      ]);
    }),
  );
}

function membersOf({ network }: LocalInstance, apps: readonly string[]): ReadonlySet<string> {
  const fixed = network.staticDnsEntries.flatMap(({ addresses }) => addresses);
  return new Set([...apps, ...fixed.filter((address) => ipv4Number(address) !== undefined)]);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** A list as rules for the first packets of flows: `return` allows, everything else ends in a refusal. */
function listRules(list: readonly AccessEntry[], side: Side, around: Around): readonly string[] {
  const rules: string[] = [];
  let isMappedDecided = false;
  for (const [position, entry] of list.entries()) {
    if (entry.portMap !== undefined && isMappedDecided) continue;
    if (side === 'ingress' && entry.portMap !== undefined && decidesAllMapped(list, position)) {
      rules.push('ct status dnat return');
      isMappedDecided = true;
      continue;
    }
    const action = entry.action === 'drop' ? `meta mark set ${entryMark(entry, position)} goto drop_${side}` : 'return';
    const ways = waysToMatch(entry, side, around);
    rules.push(...ways.map((conditions) => [...conditions, action].join(' ')));
    // Nothing comes after an entry that matches everything.
    if (ways.some((conditions) => conditions.length === 0)) return rules;
  }
  return [...rules, `meta mark set 0 goto refuse_${side}`];
}

/**
 * Whether all that came in by a port map may be let in from that port map's place on: what was translated came by one
 * of this interface's port maps, none of which is for some remote ends only, and nothing between it and the last of
 * them would deny it. An app may have a thousand of them.
 */
function decidesAllMapped(list: readonly AccessEntry[], position: number): boolean {
  const isNarrowed = ({ portMap, remoteNetwork, remoteName, remoteIsMember }: AccessEntry): boolean =>
    portMap !== undefined && (remoteNetwork !== undefined || remoteName !== undefined || remoteIsMember);
  const last = list.findLastIndex(({ portMap }) => portMap !== undefined);
  return !list.some(isNarrowed) && !list.slice(position, last).some(({ action }) => action === 'drop');
}

/**
 * The limits of a list as rules for every packet of the flows that began on that side, each way with a bucket of its
 * own; empty: it has none. Whoever is decided by another entry is let pass here.
 */
function limitRules(list: readonly AccessEntry[], side: Side, around: Around): readonly string[] {
  const last = list.findLastIndex(({ rate }) => rate !== undefined);
  const rules = list.slice(0, last + 1).flatMap((entry, position) =>
    waysToMatch(entry, side, around).flatMap((conditions) => {
      const { rate } = entry;
      const over = (direction: 'original' | 'reply', toward: Side): readonly string[] =>
        rate === undefined
          ? []
          : [
              [
                ...conditions,
                `ct direction ${direction}`,
                `limit rate over ${rate.packets}/${rate.per} burst ${rate.burst} packets`,
                `meta mark set ${entryMark(entry, position)} goto drop_${toward}`,
              ].join(' '),
            ];
      return [
        ...over('original', side),
        ...over('reply', side === 'egress' ? 'ingress' : 'egress'),
        [...conditions, 'return'].join(' '),
      ];
    }),
  );
  return rules.some((rule) => rule.includes('limit rate')) ? rules : [];
}

/** The conditions of rules of which any one must hold: where an entry matches a name, two, for its two sets. */
function waysToMatch(entry: AccessEntry, side: Side, around: Around): readonly (readonly string[])[] {
  const conditions = conditionsOf(entry, side, around);
  if (conditions === undefined) return [];
  if (entry.remoteName === undefined) return [conditions];
  return hostSetNames(around.niNumber, entry.remoteName).map((set) => [...conditions, `${remoteOf(side)} @${set}`]);
}

function remoteOf(side: Side): string {
  return `ct original ip ${side === 'egress' ? 'daddr' : 'saddr'}`;
}

/**
 * An entry's matches but for a name, in nft's words. All look at the flow as it began (`ct original`), before anything
 * was translated, so that they say the same of each of its packets. Undefined: it matches nothing on this side.
 */
function conditionsOf(entry: AccessEntry, side: Side, { members, portsOf }: Around): readonly string[] | undefined {
  const { direction, remoteNetwork, remoteIsMember, protocol, adapterLabel, portMap } = entry;
  if (direction !== 'both' && direction !== side) return undefined;
  if (side === 'egress' && (portMap !== undefined || adapterLabel !== undefined)) return undefined;
  if (remoteNetwork === 'ipv6') return undefined;
  const remote = remoteOf(side);
  const [remotePort, localPort] =
    side === 'egress'
      ? (['ct original proto-dst', 'ct original proto-src'] as const)
      : (['ct original proto-src', portMap === undefined ? 'ct reply proto-src' : 'ct original proto-dst'] as const);
  const ports = adapterLabel === undefined ? undefined : portsOf(adapterLabel);
  if (ports?.length === 0) return undefined;
  const isNarrow = remoteNetwork !== undefined && remoteNetwork.prefixLength > 0;
  return [
    ...(portMap === undefined ? [] : ['ct status dnat']),
    ...(protocol === undefined ? [] : [`meta l4proto ${protocol}`]),
    ...(isNarrow ? [`${remote} ${remoteNetwork.text}/${remoteNetwork.prefixLength}`] : []),
    ...portCondition(remotePort, entry.remotePorts),
    ...portCondition(localPort, entry.localPorts),
    ...(ports === undefined
      ? []
      : [`ct mark & ${formatMark(FLOW_PORT_MASK)} ${setOf(ports.map(portMark).map(formatMark))}`]),
    ...(remoteIsMember ? [`${remote} ${setOf([...members].sort())}`] : []),
  ];
}

function portCondition(what: string, ports: NumberRange | undefined): readonly string[] {
  if (ports === undefined) return [];
  const { first, last } = ports;
  return [`${what} ${first === last ? String(first) : `${first}-${last}`}`];
}

function setOf(values: readonly string[]): string {
  return `{ ${values.join(', ')} }`;
}
