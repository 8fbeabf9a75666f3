import { createHash } from 'node:crypto';

import type { AccessEntry, NumberRange } from '../../../lib/configuration/index.js';
import { NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import { entryMark } from './access.js';
import type { DesiredSwitch, SwitchApp } from './switches.js';

/**
 * What switches pass, as nft's rules in the bridge family. The kernel tracks no connections there without affecting the
 * network instances beside it (nf_conntrack_bridge looks at every bridge), so the flows that an access list has allowed
 * are kept in sets of our own: whatever belongs to one passes both ways.
 */
export const SWITCH_FAMILY = 'bridge';
export const SWITCH_TABLE = NFT_TABLE;
/** Keeps the host itself out of the switches' bridges, and the routing of the host away from their apps. */
export const HOST_FAMILY = 'inet';
export const HOST_TABLE = `${NFT_TABLE}_switch`;

/** Elements that are kept in the table for a reading, and which no rule of ours puts there. */
export const SWITCH_SETS = {
  /** Whose interface a member of a bridge is, by its MAC address; the index tells it from a later one of its name. */
  bound: { key: ['ifname', 'ether_addr', 'mark'] },
  /** Members that lead to a port. */
  uplinks: { key: ['ifname'] },
  members: { key: ['ifname'] },
  /** App addresses that were seen to come from members. */
  seen: { key: ['ifname', 'ether_addr'] },
  learned4: { key: ['ether_addr', 'ipv4_addr'] },
  learned6: { key: ['ether_addr', 'ipv6_addr'] },
  /** Of DHCP servers' acknowledgements: by hardware address. */
  leased: { key: ['ether_addr', 'ipv4_addr'] },
} as const;

export const DENIED_SET = { name: 'denied', key: ['ifname', 'mark'] } as const;

/** A member of a switch's bridge. */
export interface SwitchMember {
  readonly interfaceName: string;
  /** The kernel's interface index. */
  readonly index: number;
  /** Undefined: it has not shown yet whose it is, and gets no further than to the names of its neighbours. */
  readonly app: SwitchApp | undefined;
}

/** A switch as the rules look at it. */
export interface PlacedSwitch {
  readonly desired: DesiredSwitch;
  /** The member that leads to its port; undefined: none does. */
  readonly uplink: string | undefined;
  readonly members: readonly SwitchMember[];
}

export interface NftSet {
  readonly name: string;
  readonly definition: string;
  /** Absent: those that are there stay. */
  readonly elements?: readonly string[];
}

export interface NftChain {
  readonly name: string;
  readonly hook?: string;
  readonly rules: readonly string[];
}

/** A table, whole. */
export interface NftTableContent {
  readonly sets: readonly NftSet[];
  readonly chains: readonly NftChain[];
}

type Way = 'out' | 'in';

const FIVE = 'inet_proto . inet_service . inet_service';
const LEARNED = 'size 4096; flags dynamic, timeout; timeout 30m;';
/** Of an app: as many flows as it may have at once. */
const FLOWS = 'size 32768; flags dynamic, timeout; timeout 3m;';
const WITH_PORTS = '{ tcp, udp, udplite, sctp, dccp }';
/** How long a flow may be silent: of TCP as long as RFC 5382 asks for; of the others as conntrack has it. */
const SILENCE = { tcp: '2h4m', ports: '3m', echo: '30s', other: '10m' } as const;
const ERRORS_4 = '{ destination-unreachable, time-exceeded, parameter-problem }';
const ERRORS_6 = '{ destination-unreachable, packet-too-big, time-exceeded, parameter-problem }';
/** By which spanning tree goes (IEEE 802.1D): no app takes part in it. */
const BPDU = '01:80:c2:00:00:00';
const LLDP = 'ether type 0x88cc';

/** The table of the bridge family for these switches. */
export function switchTable(switches: readonly PlacedSwitch[]): NftTableContent {
  const apps = new Map<string, SwitchApp>();
  for (const { app } of switches.flatMap(({ members }) => members)) {
    if (app !== undefined) apps.set(appDigest(app), app);
  }
  const members = switches.flatMap((each) => each.members);
  const bound = members.flatMap(({ interfaceName, index, app }) =>
    app === undefined ? [] : [{ interfaceName, index, app }],
  );
  const uplinks = switches.flatMap(({ uplink }) => (uplink === undefined ? [] : [uplink]));
  const lldp = switches.flatMap((each) =>
    each.desired.forwardsLldp ? each.members.map(({ interfaceName }) => interfaceName) : [],
  );
  const macAddresses = new Set(switches.flatMap(({ desired }) => desired.apps.map(({ macAddress }) => macAddress)));
  const verdicts = (way: Way): readonly string[] =>
    bound.map(({ interfaceName, app }) => `${quoted(interfaceName)} : jump ${way}_${appDigest(app)}`);
  return {
    sets: [
      { name: 'members', definition: 'type ifname;', elements: members.map((each) => quoted(each.interfaceName)) },
      { name: 'uplinks', definition: 'type ifname;', elements: uplinks.map(quoted) },
      { name: 'lldp', definition: 'type ifname;', elements: lldp.map(quoted) },
      { name: 'app_macs', definition: 'type ether_addr;', elements: [...macAddresses] },
      {
        name: 'bound',
        definition: 'type ifname . ether_addr . mark;',
        elements: bound.map(
          ({ interfaceName, index, app }) => `${quoted(interfaceName)} . ${app.macAddress} . ${index}`,
        ),
      },
      { name: 'seen', definition: 'type ifname . ether_addr; size 4096; flags dynamic, timeout; timeout 1m;' },
      { name: 'learned4', definition: `type ether_addr . ipv4_addr; ${LEARNED}` },
      { name: 'learned6', definition: `type ether_addr . ipv6_addr; ${LEARNED}` },
      { name: 'leased', definition: `typeof @th,288,48 . @th,192,32; ${LEARNED}` },
      {
        name: 'fragments',
        definition: 'typeof ip saddr . ip daddr . ip id; size 65536; flags dynamic, timeout; timeout 30s;',
      },
      {
        name: DENIED_SET.name,
        definition: 'type ifname . mark; size 65536; flags dynamic, timeout; timeout 7d; counter;',
      },
      ...[...apps.keys()].flatMap(flowSets),
      { name: 'from_app', definition: 'type ifname : verdict;', elements: verdicts('out') },
      { name: 'to_app', definition: 'type ifname : verdict;', elements: verdicts('in') },
    ],
    chains: [
      PASSED,
      ...[...apps].flatMap(([digest, { accessList }]) => appChains(digest, accessList)),
      { name: 'arrived', hook: 'type filter hook prerouting priority filter; policy accept;', rules: ARRIVED },
      { name: 'between', hook: 'type filter hook forward priority filter; policy accept;', rules: BETWEEN },
      { name: 'leaving', hook: 'type filter hook postrouting priority filter; policy accept;', rules: LEAVING },
      {
        name: 'to_host',
        hook: 'type filter hook input priority filter; policy accept;',
        rules: ['iifname @members drop', 'iifname @uplinks drop'],
      },
    ],
  };
}

/** The table of the host's own hooks for these switches. */
export function hostTable(switches: readonly PlacedSwitch[]): NftTableContent {
  return {
    sets: [
      {
        name: 'bridges',
        definition: 'type ifname;',
        elements: switches.map(({ desired }) => quoted(desired.bridge)),
      },
    ],
    chains: [
      {
        name: 'to_host',
        hook: 'type filter hook input priority filter - 10; policy accept;',
        rules: ['iifname @bridges drop'],
      },
      {
        name: 'from_host',
        hook: 'type filter hook output priority filter - 10; policy accept;',
        rules: ['oifname @bridges drop'],
      },
      {
        // With br_netfilter the frames from member to member come by here, too.
        name: 'routed',
        hook: 'type filter hook forward priority filter - 10; policy accept;',
        rules: ['iifname @bridges oifname != @bridges drop', 'iifname != @bridges oifname @bridges drop'],
      },
    ],
  };
}

/** From members: what every app may send, then what its list says. */
const ARRIVED: readonly string[] = [
  'iifname != @members accept',
  `ether daddr ${BPDU} drop`,
  'ether saddr @app_macs update @seen { iifname . ether saddr }',
  'arp saddr ip != 0.0.0.0 update @learned4 { arp saddr ether . arp saddr ip }',
  'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 saddr != :: update @learned6 { ether saddr . ip6 saddr }',
  'ether type arp accept',
  'ip protocol udp udp sport 68 udp dport 67 accept',
  'ip6 nexthdr udp udp sport 546 udp dport 547 accept',
  'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-report, ' +
    'mld-listener-reduction, mld2-listener-report } accept',
  `iifname @lldp ${LLDP} accept`,
  'iifname vmap @from_app',
  'drop',
];

/** Who is in a bridge and not known yet as a member gets nowhere near the port. */
const BETWEEN: readonly string[] = [
  'iifname @uplinks oifname != @members drop',
  'oifname @uplinks iifname != @members drop',
];

/** To members. A lease is learned where a server acknowledges one: the message type comes first in servers' answers. */
const LEAVING: readonly string[] = [
  'oifname != @members accept',
  'ip protocol udp udp sport 67 udp dport 68 @th,1984,24 0x350105 update @leased { @th,288,48 . @th,192,32 }',
  'ether type arp accept',
  'ip protocol udp udp sport 67 udp dport 68 accept',
  'ip6 nexthdr udp udp sport 547 udp dport 546 accept',
  'icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query } accept',
  `oifname @lldp ${LLDP} accept`,
  'oifname vmap @to_app',
  'drop',
];

/** Of what passes in pieces the others pass, too: only the first has ports. */
const PASSED: NftChain = {
  name: 'passed',
  rules: ['ip frag-off & 0x2000 != 0 update @fragments { ip saddr . ip daddr . ip id }', 'accept'],
};

/** Names the rules and flows of an app under one list: another list has others, and flows are looked at anew. */
export function appDigest({ key, accessList }: SwitchApp): string {
  return createHash('sha256')
    .update(`${key}\n${JSON.stringify(accessList)}`)
    .digest('hex')
    .slice(0, 12);
}

function flowSets(digest: string): readonly NftSet[] {
  const of = (family: 4 | 6): readonly NftSet[] => {
    const address = `ipv${family}_addr`;
    const ip = family === 4 ? 'ip' : 'ip6';
    const icmp = family === 4 ? 'icmp' : 'icmpv6';
    return [
      { name: `flows${family}_${digest}`, definition: `type ${address} . ${address} . ${FIVE}; ${FLOWS}` },
      { name: `echoes${family}_${digest}`, definition: `typeof ${ip} saddr . ${ip} daddr . ${icmp} id; ${FLOWS}` },
      { name: `others${family}_${digest}`, definition: `type ${address} . ${address} . inet_proto; ${FLOWS}` },
    ];
  };
  return [...of(4), ...of(6)];
}

/** Keys of the app's sets, the app's address first, as a packet on this way has them. */
function keysOf(way: Way, family: 4 | 6) {
  const ip = family === 4 ? 'ip' : 'ip6';
  const icmp = family === 4 ? 'icmp' : 'icmpv6';
  const protocol = family === 4 ? 'ip protocol' : 'meta l4proto';
  const [app, remote] = way === 'out' ? ['saddr', 'daddr'] : ['daddr', 'saddr'];
  const [appPort, remotePort] = way === 'out' ? ['sport', 'dport'] : ['dport', 'sport'];
  const ends = `${ip} ${app} . ${ip} ${remote}`;
  return {
    flow: `${ends} . ${protocol} . th ${appPort} . th ${remotePort}`,
    echo: `${ends} . ${icmp} id`,
    other: `${ends} . ${protocol}`,
  };
}

function appChains(digest: string, list: readonly AccessEntry[]): readonly NftChain[] {
  return (['out', 'in'] as const).flatMap((way) => [
    { name: `begin_${way}_${digest}`, rules: beginRules(way, digest) },
    { name: `${way}_${digest}`, rules: list.length === 0 ? [...REFUSE[way]] : listRules(way, digest, list) },
  ]);
}

/** The first packet of a flow that the list allows. A set that is full remembers nothing, and nothing passes. */
function beginRules(way: Way, digest: string): readonly string[] {
  const remember = (family: 4 | 6): readonly string[] => {
    const { flow, echo } = keysOf(way, family);
    const icmp = family === 4 ? 'icmp' : 'icmpv6';
    return [
      `meta l4proto tcp update @flows${family}_${digest} { ${flow} timeout ${SILENCE.tcp} } goto passed`,
      `meta l4proto ${WITH_PORTS} update @flows${family}_${digest} { ${flow} timeout ${SILENCE.ports} } goto passed`,
      `${icmp} type echo-request update @echoes${family}_${digest} { ${echo} timeout ${SILENCE.echo} } goto passed`,
    ];
  };
  const others = (family: 4 | 6): string =>
    `update @others${family}_${digest} { ${keysOf(way, family).other} timeout ${SILENCE.other} } goto passed`;
  return [
    'ether type != { ip, ip6 } accept',
    ...remember(4),
    ...remember(6),
    `meta l4proto ${WITH_PORTS} drop`,
    'meta l4proto { icmp, ipv6-icmp } goto passed',
    others(4),
    others(6),
    'drop',
  ];
}

function listRules(way: Way, digest: string, list: readonly AccessEntry[]): readonly string[] {
  const known = (family: 4 | 6): readonly string[] => {
    const { flow, echo, other } = keysOf(way, family);
    const icmp = family === 4 ? 'icmp' : 'icmpv6';
    const belongs = (set: string, key: string, silence: string): string =>
      `${key} @${set}${family}_${digest} update @${set}${family}_${digest} { ${key} timeout ${silence} } goto passed`;
    return [
      `meta l4proto tcp ${belongs('flows', flow, SILENCE.tcp)}`,
      `meta l4proto != tcp ${belongs('flows', flow, SILENCE.ports)}`,
      `${icmp} type { echo-request, echo-reply } ${belongs('echoes', echo, SILENCE.echo)}`,
      belongs('others', other, SILENCE.other),
    ];
  };
  return [
    'ip frag-off & 0x1fff != 0 ip saddr . ip daddr . ip id @fragments accept',
    'ip frag-off & 0x1fff != 0 drop',
    ...known(4),
    ...known(6),
    ...(way === 'in' ? [`icmp type ${ERRORS_4} accept`, `icmpv6 type ${ERRORS_6} accept`] : []),
    ...list.flatMap((entry, position) => {
      const conditions = conditionsOf(entry, way);
      if (conditions === undefined) return [];
      const action =
        entry.action === 'drop' ? `${denied(way, entryMark(entry, position))} drop` : `goto begin_${way}_${digest}`;
      return [[...conditions, action].join(' ')];
    }),
    ...REFUSE[way],
  ];
}

/** Nobody is told: frames of the bridge family are not answered. */
const REFUSE: Readonly<Record<Way, readonly string[]>> = {
  out: [denied('out', 0), 'drop'],
  in: [denied('in', 0), 'drop'],
};

function denied(way: Way, mark: number): string {
  return `update @${DENIED_SET.name} { ${way === 'out' ? 'iifname' : 'oifname'} . ${mark} }`;
}

/** An entry's matches in nft's words, of a packet on this way. Undefined: it matches none. */
function conditionsOf(entry: AccessEntry, way: Way): readonly string[] | undefined {
  const { direction, remoteNetwork, remoteIpv6, protocol, localPorts, remotePorts } = entry;
  if (direction !== 'both' && direction !== (way === 'out' ? 'egress' : 'ingress')) return undefined;
  const remote = way === 'out' ? 'daddr' : 'saddr';
  const [localPort, remotePort] = way === 'out' ? ['sport', 'dport'] : ['dport', 'sport'];
  return [
    ...networkCondition(remoteNetwork, remoteIpv6, remote),
    ...(protocol === undefined ? [] : [`meta l4proto ${protocol}`]),
    ...portCondition(localPort, localPorts),
    ...portCondition(remotePort, remotePorts),
  ];
}

function networkCondition(
  network: AccessEntry['remoteNetwork'],
  ipv6: string | undefined,
  remote: string,
): readonly string[] {
  if (network === undefined) return [];
  if (network === 'ipv6') {
    const isEverywhere = ipv6?.endsWith('/0') === true;
    return isEverywhere || ipv6 === undefined ? ['ether type ip6'] : [`ip6 ${remote} ${ipv6}`];
  }
  return network.prefixLength === 0 ? ['ether type ip'] : [`ip ${remote} ${network.text}/${network.prefixLength}`];
}

function portCondition(what: string, ports: NumberRange | undefined): readonly string[] {
  if (ports === undefined) return [];
  const { first, last } = ports;
  return [`th ${what} ${first === last ? String(first) : `${first}-${last}`}`];
}

function quoted(name: string): string {
  return `"${name}"`;
}

/**
 * The script that makes a table what it is to be, in one transaction: sets keep what rules have put into them. `there`:
 * the names of its chains and sets now.
 */
export function tableScript(
  place: { readonly family: string; readonly table: string },
  content: NftTableContent,
  there: { readonly chains: readonly string[]; readonly sets: readonly string[] },
): string {
  const at = `${place.family} ${place.table}`;
  const [chains, sets] = [content.chains.map(({ name }) => name), content.sets.map(({ name }) => name)];
  const hadChain = new Set(there.chains);
  const [staleChains, staleSets] = [
    there.chains.filter((name) => !chains.includes(name)),
    there.sets.filter((name) => !sets.includes(name) && !name.startsWith('__')),
  ];
  const kind = ({ definition }: NftSet): string => (definition.includes(': verdict') ? 'map' : 'set');
  return [
    `add table ${at}`,
    ...content.chains.flatMap(({ name, hook }) => [
      ...(hadChain.has(name) ? [`flush chain ${at} ${name}`] : []),
      `add chain ${at} ${name}${hook === undefined ? '' : ` { ${hook} }`}`,
    ]),
    ...staleChains.map((name) => `flush chain ${at} ${name}`),
    ...content.sets.flatMap((set) => [
      `add ${kind(set)} ${at} ${set.name} { ${set.definition} }`,
      ...(set.elements === undefined ? [] : [`flush ${kind(set)} ${at} ${set.name}`]),
      ...(set.elements === undefined || set.elements.length === 0
        ? []
        : [`add element ${at} ${set.name} { ${set.elements.join(', ')} }`]),
    ]),
    ...content.chains.flatMap(({ name, rules }) => rules.map((rule) => `add rule ${at} ${name} ${rule}`)),
    ...staleChains.map((name) => `delete chain ${at} ${name}`),
    ...staleSets.map((name) => `delete set ${at} ${name}`),
    '',
  ].join('\n');
}
