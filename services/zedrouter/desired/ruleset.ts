import {
  DEAD_END_REALM,
  ANSWER_MARK,
  FLOW_NI_MASK,
  OURS,
  OURS_MASK,
  portMark,
  FLOW_PORT_MASK,
  MAX_PORT_NUMBER,
  NFT_FAMILY,
  NFT_TABLE,
  NO_PORT_RANKING,
  TUNNEL_MARK_MASK,
  TUNNEL_OUTER_MARK,
  TUNNEL_PORT_NUMBER,
} from '../../../lib/dataplane-layout/index.js';
import { formatMark } from '../../../lib/netlink/index.js';
import { SET_NAMES, SETS, type SetDefinition } from './sets.js';

/** Named counters, read for metrics. */
export const COUNTERS = [
  'not_permitted',
  'between_instances',
  'between_uplinks',
  'invalid',
  'stale',
  'closed_port_map',
  'denied',
] as const;

/**
 * What access lists have denied, by bridge, app address and entry. The kernel puts the elements in; one that counts
 * nothing for a week goes. Its size is a bound on what apps can make the kernel keep.
 */
export const DENIED_SET = 'acl_denied';
const DENIED_TYPE =
  'type ifname . ipv4_addr . mark; size 65536; flags dynamic, timeout; timeout 7d; gc-interval 1h; counter;';

/**
 * What apps, by bridge, port and address, and tunnels, by the mark of their flow and port, have sent and received:
 * every packet that leaves or has come by a port. The kernel puts the elements in; one that counts nothing for a week
 * goes.
 */
export const USAGE_SETS = {
  up: { apps: 'usage_up', tunnels: 'tunnel_usage_up' },
  down: { apps: 'usage_down', tunnels: 'tunnel_usage_down' },
} as const;
const USAGE_TYPES = {
  apps: 'type ifname . ifname . ipv4_addr; size 65536; flags dynamic, timeout; timeout 7d; gc-interval 1h; counter;',
  tunnels: 'type mark . ifname; size 4096; flags dynamic, timeout; timeout 7d; gc-interval 1h; counter;',
} as const;

interface Chain {
  readonly name: string;
  readonly hook?: string;
  readonly rules: readonly string[];
}

const OF_OURS = `ct mark & ${formatMark(OURS_MASK)} == ${formatMark(OURS)}`;
/** What the mark of every flow of ours begins with: a ranking that somebody saved there does not. */
const PORT_MARKS = [...Array.from({ length: MAX_PORT_NUMBER }, (_, index) => index + 1), TUNNEL_PORT_NUMBER]
  .map((number) => formatMark(portMark(number)))
  .join(', ');
/** Below those that the kernel gives to sockets. */
const TUNNEL_OUTSIDE_PORTS = '20000-29999';
/** Of a packet or a flow that a tunnel sends outside. */
const isOfTunnel = (key: 'meta' | 'ct', operator: '==' | '!='): string =>
  `${key} mark & ${formatMark(TUNNEL_MARK_MASK)} ${operator} ${formatMark(TUNNEL_OUTER_MARK)}`;
/** Belongs to no flow that is known, and begins none. */
const MID_STREAM = 'ct state new tcp flags & (fin | syn | rst | ack) != syn';
/** Unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792), and resets. */
const noTraffic = ['icmp type { 3, 4, 5, 11, 12 } accept', 'tcp flags & rst == rst accept'] as const;
/** A segment with data: nft cannot subtract the headers' lengths. Pushed, or longer than any bare acknowledgement. */
const withData = ['tcp flags & psh == psh', 'meta l4proto tcp meta length > 120'] as const;
const resetOrRefuse = (condition: string, counter: string, refusal: string): readonly string[] => [
  `${condition} meta l4proto tcp counter name ${counter} reject with tcp reset`.trimStart(),
  `${condition} counter name ${counter} ${refusal}`.trimStart(),
];

/**
 * The chains. They never change: which network instance uses which port is in the sets alone, so a switch costs the
 * same whatever else there is.
 */
export const CHAINS: readonly Chain[] = [
  {
    // Before conntrack looks. The zone holds for the original direction only: a new generation starts every flow of
    // the network instance anew (a planned switch loses no packet), while replies are found whichever port they come
    // in by (the armed standby keeps working with nobody awake).
    name: 'classify',
    hook: 'type filter hook prerouting priority raw; policy accept;',
    rules: [
      // From app to app over one bridge, seen here with br_netfilter: no port, so no generation either.
      'iifname @ni_bridges fib daddr . iif oif exists accept',
      'ct original zone set iifname map @ni_zone',
    ],
  },
  {
    // First packets only. The flow's mark is the scratch register: port, then port and owner.
    name: 'port_maps',
    hook: 'type nat hook prerouting priority dstnat; policy accept;',
    rules: [
      'ct mark 0 ct mark set iifname map @port_mark',
      'ct mark 0 iifname @ni_bridges ct mark set ip daddr map @port_address',
      'ct mark set ct mark . meta l4proto . th dport map @port_map_owner',
      'ct mark @port_map_open dnat ip to ct mark . meta l4proto . th dport map @port_map_target',
      `ct mark & ${formatMark(FLOW_NI_MASK)} == ${formatMark(OURS)} ct mark set 0`,
    ],
  },
  {
    // The last word before routing, after what others do with marks in raw and mangle.
    name: 'rank',
    hook: 'type filter hook prerouting priority dstnat + 10; policy accept;',
    rules: [
      'meta mark set iifname map @ni_ranking',
      // Flows that stay on a port which their network instance has left.
      'iifname @ni_bridges meta mark set ct mark map @ni_drain',
      // Where a network instance may use no port, routing ends at `unreachable`, which an open session takes for a
      // trouble that passes, and never comes to the guard. A session that has ended is told here. One whose port is
      // away for the moment has not ended: its flow is known.
      `meta mark ${formatMark(NO_PORT_RANKING)} iifname @ni_bridges ${MID_STREAM} counter name stale reject with tcp reset`,
      // What comes back to a tunnel is let in where the tunnel could send (rp_filter).
      `iifname @uplinks ${isOfTunnel('ct', '==')} meta mark set ct mark update @${USAGE_SETS.down.tunnels} { ct mark . iifname } accept`,
      // What comes back is let in where the app could answer it (rp_filter), and without a mark it could not.
      `iifname @uplinks ${OF_OURS} meta mark set ${formatMark(ANSWER_MARK)} accept`,
      // Its flow's mark has been overwritten by somebody else: apps' flows are known by their zone, and what came in
      // by a port map has been translated.
      `iifname @uplinks ct original zone != 0 meta mark set ${formatMark(ANSWER_MARK)} accept`,
      `iifname @uplinks meta mark 0 ct status & dnat != 0 meta mark set ${formatMark(ANSWER_MARK)}`,
    ],
  },
  {
    // Before every filter: what arrives here and does not come to `counted` has been dropped in between.
    name: 'arrive',
    hook: 'type filter hook forward priority raw; policy accept;',
    rules: ['iifname . oifname @permitted iifname @ni_arrived'],
  },
  {
    name: 'guard',
    hook: 'type filter hook forward priority filter; policy accept;',
    rules: [
      'iifname @ni_bridges goto from_ni',
      'oifname @ni_bridges goto to_ni',
      // Forwarding is on for the apps; it makes no router of the device for whoever sits behind one of its ports.
      // Where a port is a bridge of the host, br_netfilter shows here what that passes from member to member. What is
      // routed back to where it came from was sent to the port itself: an answer to an app whose bridge has no address.
      'iifname @uplinks oifname @uplinks iifname . oifname @within_port iifname . ether daddr != @port_link accept',
      'iifname @uplinks oifname @uplinks counter name between_uplinks drop',
    ],
  },
  {
    name: 'from_ni',
    rules: [
      // Nearly every packet ends here: permitted, known, and on the port that its flow began on.
      `iifname . oifname @permitted ct state established ct mark & ${formatMark(FLOW_PORT_MASK)} . oifname @port_path accept`,
      // From app to app in one network instance: the bridge has the kernel show it here, too.
      'iifname . oifname @within_ni ct state established,related accept',
      'meta nfproto ipv6 counter name not_permitted drop',
      // A lone FIN would leave with a private source otherwise.
      ...resetOrRefuse('ct state invalid', 'invalid', 'drop'),
      // Mid-stream and unknown: the app is told now, because a carrier's NAT would swallow it in silence.
      `${MID_STREAM} counter name stale reject with tcp reset`,
      // What begins a flow is for the access list of the app's interface. Its chain comes back here where it allows.
      'ct state established,related goto leaving',
      'iifname . ip saddr != @app_interfaces goto refuse_unknown',
      'iifname . ip saddr vmap @acl_egress',
      'goto leaving',
    ],
  },
  {
    name: 'leaving',
    rules: [
      // By a static route to an app that is a router: what it is for is beyond that app, so its list has no say.
      'iifname . oifname @within_ni rt classid != 0 accept',
      'iifname . oifname @within_ni goto entering',
      'oifname @ni_bridges goto between_ni',
      'iifname . oifname != @permitted counter name not_permitted reject with icmpx admin-prohibited',
      // A flow's first packet, or one whose mark has been overwritten by somebody else.
      `ct mark & ${formatMark(FLOW_PORT_MASK)} != { ${PORT_MARKS} } ct mark set iifname . oifname map @flow_mark accept`,
      `ct mark & ${formatMark(FLOW_PORT_MASK)} . oifname @port_path accept`,
      // The flow began on another port. TCP is told; masquerade itself forgets the others with this packet.
      'meta l4proto tcp counter name stale reject with tcp reset',
      // It began inside a tunnel, where it was given another source for good.
      `ct mark & ${formatMark(FLOW_PORT_MASK)} == ${formatMark(portMark(TUNNEL_PORT_NUMBER))} counter name stale drop`,
      // The answer to what came in by the other port would leave with that port's address.
      'ct direction reply counter name stale drop',
    ],
  },
  {
    name: 'between_ni',
    rules: [
      'ct state established,related accept',
      'ct status dnat goto entering',
      'counter name between_instances reject with icmpx admin-prohibited',
    ],
  },
  {
    name: 'to_ni',
    rules: [
      'ct state established,related accept',
      'ct status dnat goto entering',
      // From the other end of a tunnel in which apps keep their addresses: their access lists decide.
      'oifname . iifname @tunnel_routed goto entering',
      'counter name not_permitted drop',
    ],
  },
  {
    // A flow that begins toward an app: by a port map, or from another app.
    name: 'entering',
    rules: [
      'oifname . ip daddr != @app_interfaces goto refuse_unknown',
      'oifname . ip daddr vmap @acl_ingress',
      'accept',
    ],
  },
  {
    // To the device itself. DHCP, the DNS of the network instance and the metadata server are always reachable; what
    // else there is, is for the access list.
    name: 'to_device',
    rules: [
      'ct state established,related accept',
      'udp dport 67 accept',
      'meta l4proto { tcp, udp } th dport 53 fib daddr . iif type local accept',
      'ip daddr 169.254.169.254 accept',
      'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept',
      'meta nfproto ipv6 counter name not_permitted drop',
      'iifname . ip saddr != @app_interfaces goto refuse_unknown',
      'iifname . ip saddr vmap @acl_egress',
    ],
  },
  {
    // An address of a bridge of ours that is no app's. Not counted by address: whoever makes them up has many.
    name: 'refuse_unknown',
    rules: ['oifname @uplinks iifname @ni_sent', ...resetOrRefuse('', 'denied', 'reject with icmpx admin-prohibited')],
  },
  // What access lists deny. The packet's mark, which nobody needs any more, says which entry: it is counted by that.
  ...(['egress', 'ingress'] as const).flatMap((side): readonly Chain[] => {
    const app = side === 'egress' ? 'iifname . ip saddr' : 'oifname . ip daddr';
    const counted = [
      // What we deny ourselves has not been stopped by somebody else.
      ...(side === 'egress' ? ['oifname @uplinks iifname @ni_sent'] : []),
      `update @${DENIED_SET} { ${app} . meta mark }`,
    ];
    return [
      {
        name: `refuse_${side}`,
        rules: [...counted, ...resetOrRefuse('', 'denied', 'reject with icmpx admin-prohibited')],
      },
      { name: `drop_${side}`, rules: [...counted, 'counter name denied drop'] },
    ];
  }),
  {
    // A path with a smaller MTU behind a port, where the way back of ICMP is blocked: both ends are told at their SYN.
    name: 'clamp',
    hook: 'type filter hook forward priority mangle; policy accept;',
    rules: [
      'tcp flags & (syn | rst) == syn iifname @ni_bridges oifname @uplinks tcp option maxseg size set rt mtu',
      'tcp flags & (syn | rst) == syn iifname @uplinks oifname @ni_bridges tcp option maxseg size set rt mtu',
    ],
  },
  {
    // After every filter, ours or not: only what really goes through counts. The look-up itself does it, without a
    // verdict.
    name: 'counted',
    hook: 'type filter hook forward priority filter + 200; policy accept;',
    rules: ['iifname @ni_bridges goto count_up', 'oifname @ni_bridges goto count_down'],
  },
  {
    // Errors and resets ask for no answer, and are none: any router on the way may give them.
    name: 'count_up',
    rules: [
      `oifname @uplinks iifname @ni_sent update @${USAGE_SETS.up.apps} { iifname . oifname . ip saddr }`,
      ...noTraffic,
      'oifname @port_up',
      'tcp flags & (syn | ack) == syn oifname @tcp_open accept',
      `${withData[0]} oifname @tcp_up accept`,
      `${withData[1]} oifname @tcp_up`,
    ],
  },
  {
    name: 'count_down',
    rules: [
      `iifname @uplinks update @${USAGE_SETS.down.apps} { oifname . iifname . ip daddr }`,
      ...noTraffic,
      'iifname @port_down',
      `${withData[0]} iifname @tcp_down accept`,
      `${withData[1]} iifname @tcp_down`,
    ],
  },
  {
    // Ours and not translated: a port map that is not open on this port.
    name: 'refuse',
    hook: 'type filter hook input priority filter; policy accept;',
    rules: [
      'iifname @ni_bridges jump to_device',
      ...resetOrRefuse(`ct state new ${OF_OURS}`, 'closed_port_map', 'reject with icmpx port-unreachable'),
    ],
  },
  {
    // Names that are asked for over a port which leads nowhere: who asks gets an error, and asks over the next one.
    name: 'dead_end',
    hook: 'type filter hook output priority filter; policy accept;',
    rules: [`rt classid ${DEAD_END_REALM} drop`],
  },
  {
    // What a tunnel sends outside goes by the ranking of its network instance, whatever address and interface its
    // socket remembers from the port before: another mark has the kernel look for the way again.
    name: 'tunnels',
    hook: 'type route hook output priority mangle; policy accept;',
    rules: [
      `${isOfTunnel('meta', '!=')} accept`,
      'ct mark set meta mark',
      'meta mark set meta mark map @tunnel_ranking',
    ],
  },
  {
    // Here the interface is the one that routing has come to in the end.
    name: 'guard_tunnels',
    hook: 'type filter hook postrouting priority filter; policy accept;',
    rules: [
      `${isOfTunnel('ct', '==')} ct mark . oifname != @tunnel_permitted counter name not_permitted drop`,
      `${isOfTunnel('ct', '==')} update @${USAGE_SETS.up.tunnels} { ct mark . oifname }`,
    ],
  },
  {
    name: 'leave',
    hook: 'type nat hook postrouting priority srcnat; policy accept;',
    rules: [
      // Where the port was left, masquerade forgets the flow with this packet. Never by the socket's own port: what
      // still comes in by the port before begins a flow there, and what goes out would be its answer, which nobody
      // translates.
      `meta l4proto udp ${isOfTunnel('ct', '==')} masquerade to :${TUNNEL_OUTSIDE_PORTS} random`,
      'ct mark set iifname . oifname map @flow_mark',
      // What goes by a route of its own is told from what goes by the default one, which may move without it.
      'ct mark set rt classid . oifname map @route_mark',
      // Into a tunnel: one address, which outlives the device, so that sessions do, too.
      'iifname . oifname @tunnel_routed accept',
      'snat ip to iifname . oifname map @tunnel_source',
      // Whatever leaves, and whatever the guard has let through: a permission may end between there and here.
      'iifname @ni_bridges oifname != @ni_bridges masquerade',
      // Hairpin: the answer must come back through here.
      'iifname @ni_bridges oifname @ni_bridges ct status dnat masquerade',
      // The same where a bridge translates what it passes (br_netfilter): nothing is known there of where it came in.
      'iif 0 oifname @ni_bridges ct status dnat masquerade',
    ],
  },
];

/** Chains that an earlier version made, and that go with the loading of these. */
const RETIRED_CHAINS = ['adrift', 'count'];

function typeText(definition: SetDefinition): string {
  const key = definition.key.join(' . ');
  const timeout = definition.timed === true ? ' flags timeout;' : '';
  if (definition.value === undefined) {
    const counter = definition.counted === true ? ' counter;' : '';
    return `type ${key};${counter}${timeout}`;
  }
  // nft has no name for the type of a zone.
  if (definition.value[0] === 'zone') return 'typeof iifname : ct zone;';
  return `type ${key} : ${definition.value.join(' . ')};${timeout}`;
}

const AT = `${NFT_FAMILY} ${NFT_TABLE}`;

/** Statements that make table, sets and chains where they are missing; harmless where they are not. */
export function definitionScript(): string {
  return [
    `add table ${AT}`,
    ...COUNTERS.map((name) => `add counter ${AT} ${name}`),
    `add set ${AT} ${DENIED_SET} { ${DENIED_TYPE} }`,
    ...Object.values(USAGE_SETS).flatMap(({ apps, tunnels }) => [
      `add set ${AT} ${apps} { ${USAGE_TYPES.apps} }`,
      `add set ${AT} ${tunnels} { ${USAGE_TYPES.tunnels} }`,
    ]),
    ...SET_NAMES.map((name) => {
      const definition: SetDefinition = SETS[name];
      return `add ${definition.value === undefined ? 'set' : 'map'} ${AT} ${name} { ${typeText(definition)} }`;
    }),
    ...CHAINS.map(({ name, hook }) => `add chain ${AT} ${name}${hook === undefined ? '' : ` { ${hook} }`}`),
    '',
  ].join('\n');
}

/** Statements that make the chains' rules these and no others. Runs in one transaction with `definitionScript`. */
export function rulesScript(): string {
  return [
    // What is not there cannot be deleted; adding what is there changes nothing.
    ...RETIRED_CHAINS.flatMap((name) => ['add', 'flush', 'delete'].map((verb) => `${verb} chain ${AT} ${name}`)),
    ...CHAINS.map(({ name }) => `flush chain ${AT} ${name}`),
    ...CHAINS.flatMap(({ name, rules }) => rules.map((rule) => `add rule ${AT} ${name} ${rule}`)),
    '',
  ].join('\n');
}
