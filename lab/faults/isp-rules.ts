import { CUSTOMER_INTERFACE } from '../topology.js';
import type { PortFaultKind } from './fault.js';

/** Where an ISP that answers for the internet listens, in its own namespace. */
export const interceptPorts = { portal: 8880, mute: 8881 } as const;

/** What an ISP does to the packets that pass through it, as rules of one chain. */
const passingRules: Readonly<Partial<Record<PortFaultKind, readonly string[]>>> = {
  'drop-all': ['drop'],
  'host-unreachable': ['reject with icmp type host-unreachable'],
  'net-unreachable': ['reject with icmp type net-unreachable'],
  'admin-prohibited': ['reject with icmp type admin-prohibited'],
  'tcp-dropped': ['meta l4proto tcp drop'],
  'tcp-reset': ['meta l4proto tcp reject with tcp reset'],
  'tcp-accelerated': ['drop'],
  portal: ['drop'],
  'large-dropped': ['meta length > 700 drop'],
  'echo-dropped': ['icmp type echo-request drop'],
  'icmp-limited': ['icmp type echo-request limit rate over 1/second burst 1 packets drop'],
  'icmp-blocked': ['meta l4proto icmp drop'],
};

/** What it takes for itself before it routes. */
const arrivingRules: Readonly<Partial<Record<PortFaultKind, readonly string[]>>> = {
  portal: [
    `iifname "${CUSTOMER_INTERFACE}" tcp dport 80 redirect to :${interceptPorts.portal}`,
    `iifname "${CUSTOMER_INTERFACE}" tcp dport 443 redirect to :${interceptPorts.mute}`,
  ],
  'tcp-accelerated': [`iifname "${CUSTOMER_INTERFACE}" meta l4proto tcp redirect to :${interceptPorts.mute}`],
};

/**
 * A script for `nft -f` that gives an ISP this fault; undefined where it is none of what an ISP does to packets. Each
 * kind has a table of its own, so that several hold at once, before the ISP's own rules.
 */
export function faultRules(kind: PortFaultKind): string | undefined {
  const [passing, arriving] = [passingRules[kind], arrivingRules[kind]];
  if (kind === 'time-exceeded') {
    return table(kind, [
      // A loop ends where the last hop is: what arrives with one hop left is not forwarded, and is answered.
      chain('arriving', 'type filter hook prerouting priority mangle', [
        `iifname "${CUSTOMER_INTERFACE}" fib daddr type != local ip ttl set 1`,
      ]),
    ]);
  }
  if (passing === undefined) return undefined;
  return table(kind, [
    chain('passing', 'type filter hook forward priority filter - 10', passing),
    ...(arriving === undefined ? [] : [chain('arriving', 'type nat hook prerouting priority dstnat - 10', arriving)]),
  ]);
}

/** A script that takes it away again, whether or not it is there. */
export function noFaultRules(kind: PortFaultKind): string {
  // Adding before deleting makes the deletion succeed.
  return `add table inet ${tableName(kind)}\ndelete table inet ${tableName(kind)}\n`;
}

function tableName(kind: PortFaultKind): string {
  return `fault_${kind.replaceAll('-', '_')}`;
}

function table(kind: PortFaultKind, chains: readonly string[]): string {
  return `${noFaultRules(kind)}table inet ${tableName(kind)} {\n${chains.join('')}}\n`;
}

function chain(name: string, hook: string, rules: readonly string[]): string {
  return `  chain ${name} {\n    ${[`${hook};`, ...rules].join('\n    ')}\n  }\n`;
}
