import { switchPatchNames } from '../../../lib/dataplane-layout/index.js';
import type { KernelChange, Link, LinkAddress } from '../../../lib/netlink/index.js';
import { ownerOf, switchAlias, switchOwnerOf } from '../apply/ownership.js';
import type { DesiredSwitch } from '../desired/switches.js';

/** Why a switch has no way out by its port, or not even a bridge, and what to do. */
export interface SwitchProblem {
  /** `bridge`: there is none, and its apps have nothing; `port`: they have each other only. */
  readonly kind: 'bridge' | 'port';
  /** The interface that it is about. */
  readonly subject: string;
  readonly detail: string;
  readonly remedy: string;
}

/** How a switch is to be joined to its port. */
export type Uplink =
  /** The interface itself is to be in the bridge. */
  | { readonly kind: 'member'; readonly interfaceName: string }
  /** A pair of ours leads into the bridge of the host that the port is. */
  | { readonly kind: 'patch'; readonly inside: string; readonly outside: string; readonly hostBridge: string };

/** The links of a namespace, and the addresses that they have. */
export interface SeenLinks {
  readonly links: readonly Link[];
  readonly addresses: readonly LinkAddress[];
}

/** The interface of the switch's bridge that leads to its port. */
export function uplinkMember(uplink: Uplink | undefined): string | undefined {
  return uplink?.kind === 'patch' ? uplink.inside : uplink?.interfaceName;
}

/**
 * How the switch can be joined to its port, or why not. A bridge of the host stays as it is, and gets one more member.
 * An interface without addresses is put into the bridge itself; one that has any would lose them, for a member of a
 * bridge gets no packets of its own. `claimed`: interfaces that are in the bridges of other switches.
 */
export function joinPort(
  { port, number, bridge }: DesiredSwitch,
  { links, addresses }: SeenLinks,
  claimed: ReadonlySet<string>,
): Uplink | SwitchProblem | undefined {
  if (port === undefined) return undefined;
  const { interfaceName: name } = port;
  const problem = (detail: string, remedy: string): SwitchProblem => ({ kind: 'port', subject: name, detail, remedy });
  const link = links.find((each) => each.name === name);
  if (link === undefined) return problem('there is no such interface', 'plug it in, or correct the configuration');
  if (ownerOf(link.alias) !== undefined || switchOwnerOf(link.alias) !== undefined) {
    return problem('it is a bridge of a network instance', 'give the port an interface of the host');
  }
  if (link.kind === 'bridge') {
    return { kind: 'patch', ...switchPatchNames(number), hostBridge: name };
  }
  if (link.macAddress === undefined || NOT_ETHERNET.has(link.kind ?? '')) {
    return problem(
      `it carries no Ethernet frames (${link.kind ?? 'point-to-point'})`,
      'name an Ethernet port or a bridge as the port of the switch, or make the network instance ZnetInstLocal',
    );
  }
  const master = links.find(({ index }) => index === link.masterIndex);
  if (master !== undefined && master.name !== bridge && switchOwnerOf(master.alias) === undefined) {
    return problem(
      `it is a member of ${master.name}, which is the host's`,
      `give the port the interface ${master.name} (phyaddrs ifname), or take ${name} out of it (ip link set ${name} nomaster)`,
    );
  }
  if (claimed.has(name)) {
    return problem(
      'it is in the bridge of another switch network instance',
      `make a bridge of the host with ${name} in it, and give the port that interface: both can be joined to it`,
    );
  }
  const own = addresses.filter(({ linkIndex, address }) => linkIndex === link.index && !isLinkLocal(address));
  if (own.length > 0) {
    const listed = own.map(({ address, prefixLength }) => `${address}/${prefixLength}`).join(', ');
    return problem(
      `it has addresses of the host (${listed}), which would be lost in a bridge`,
      `make a bridge of the host with ${name} in it and these addresses on it, and give the port that interface; ` +
        'or have the host give it no address (usage app-shared)',
    );
  }
  return { kind: 'member', interfaceName: name };
}

const NOT_ETHERNET: ReadonlySet<string> = new Set(['ppp', 'wireguard', 'ipip', 'sit', 'gre', 'vti', 'vrf']);

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address);
}

/** Links of ours that no switch which is wanted has, and what is to become of each. */
export function removals(wanted: readonly DesiredSwitch[], links: readonly Link[]): readonly KernelChange[] {
  const kept = new Set(
    wanted.flatMap(({ niId, number, bridge }) => {
      const { inside, outside } = switchPatchNames(number);
      return [bridge, inside, outside].map((name) => `${name} ${niId}`);
    }),
  );
  return links.flatMap((link): readonly KernelChange[] => {
    const owner = switchOwnerOf(link.alias);
    if (owner === undefined || kept.has(`${link.name} ${owner}`)) return [];
    return [{ kind: 'link-delete', name: link.name }];
  });
}

/** The switch's bridge as it is to be; down until its rules are in force. `orphans`: who was in it before. */
export function bridgeChanges(
  { bridge: name, niId, macAddress, mtu, forwardsLldp }: DesiredSwitch,
  links: readonly Link[],
  orphans: readonly string[],
): readonly KernelChange[] {
  const there = links.find((link) => link.name === name);
  const settings = { ...(mtu === 0 ? {} : { mtu }), forwardsLldp };
  const named = { kind: 'link-set', name, settings: { alias: switchAlias(niId) } } as const;
  if (there === undefined) {
    const free = links.filter((link) => orphans.includes(link.name) && link.masterIndex === undefined);
    return [
      { kind: 'bridge-add', name, settings: { ...settings, macAddress } },
      named,
      ...free.map((link) => ({ kind: 'link-attach', name: link.name, bridge: name }) as const),
    ];
  }
  return [
    // Left by who was ended before it had its alias.
    ...(there.alias === undefined ? [named] : []),
    ...(there.forwardsLldp === forwardsLldp && (mtu === 0 || there.mtu === mtu)
      ? []
      : [{ kind: 'link-set', name, settings } as const]),
  ];
}

/** Puts the way to the port into the bridge, or takes it out. `former`: what led to a port so far. */
export function uplinkChanges(
  { niId, number, bridge }: DesiredSwitch,
  uplink: Uplink | undefined,
  links: readonly Link[],
  former: ReadonlySet<string>,
): readonly KernelChange[] {
  const find = (name: string): Link | undefined => links.find((link) => link.name === name);
  const bridgeIndex = find(bridge)?.index;
  const wanted = uplinkMember(uplink);
  const { inside } = switchPatchNames(number);
  const released = links
    .filter(({ name, masterIndex }) => former.has(name) && name !== wanted && masterIndex === bridgeIndex)
    .filter(({ name, masterIndex }) => masterIndex !== undefined && name !== inside)
    .map(({ name }) => ({ kind: 'link-detach', name }) as const);
  const isOwnPatch = ({ alias }: Link): boolean => switchOwnerOf(alias) === niId;
  const patch = find(inside);
  const unpatched: readonly KernelChange[] =
    patch !== undefined && isOwnPatch(patch) && uplink?.kind !== 'patch' ? [{ kind: 'link-delete', name: inside }] : [];
  return [...released, ...unpatched, ...joined(uplink, { niId, bridge, bridgeIndex }, find)];
}

function joined(
  uplink: Uplink | undefined,
  { niId, bridge, bridgeIndex }: Pick<DesiredSwitch, 'niId' | 'bridge'> & { readonly bridgeIndex: number | undefined },
  find: (name: string) => Link | undefined,
): readonly KernelChange[] {
  const attached = (name: string, master: string, masterIndex: number | undefined): readonly KernelChange[] =>
    masterIndex !== undefined && find(name)?.masterIndex === masterIndex
      ? []
      : [{ kind: 'link-attach', name, bridge: master }];
  if (uplink === undefined) return [];
  if (uplink.kind === 'member') return attached(uplink.interfaceName, bridge, bridgeIndex);
  const { inside, outside, hostBridge } = uplink;
  const ends = [inside, outside] as const;
  const up = ends.filter((name) => find(name)?.isUp !== true);
  const unnamed = ends.filter((name) => switchOwnerOf(find(name)?.alias) !== niId);
  return [
    ...(find(inside) === undefined ? [{ kind: 'veth-add', name: inside, peer: outside } as const] : []),
    ...unnamed.map((name) => ({ kind: 'link-set', name, settings: { alias: switchAlias(niId) } }) as const),
    ...attached(inside, bridge, bridgeIndex),
    ...attached(outside, hostBridge, find(hostBridge)?.index),
    ...up.map((name) => ({ kind: 'link-set', name, settings: { isUp: true } }) as const),
  ];
}

/** Whether somebody else's interface has one of the names that the switch needs; which, if so. */
export function takenName(
  { niId, number, bridge, macAddress }: DesiredSwitch,
  links: readonly Link[],
): string | undefined {
  const { inside, outside } = switchPatchNames(number);
  const foreign = links.find(({ name, alias, kind, macAddress: mac }) => {
    if (switchOwnerOf(alias) === niId) return false;
    // What has no alias yet is what we were about to give one to.
    if (name === bridge) return !(kind === 'bridge' && alias === undefined && mac === macAddress);
    return (name === inside || name === outside) && !(kind === 'veth' && alias === undefined);
  });
  return foreign?.name;
}
