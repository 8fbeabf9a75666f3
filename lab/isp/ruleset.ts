import {
  CUSTOMER_INTERFACE,
  forwardedPorts,
  INTERNET_INTERFACE,
  type IspKind,
  type PortTopology,
} from '../topology.js';

/** The nft table of an ISP. Its counters and sets are what `readCounters` reads. */
export const ISP_TABLE = 'isp';

/**
 * An ISP's rules as a script for `nft -f`. It counts what goes through, by destination too; counts and drops packets
 * with a source that is not the customer's lease (BCP 38, RFC 2827), but for what others on its switch say there (DHCP
 * answers, IGMP); and has an empty chain for faults.
 */
export function ispRuleset(port: PortTopology): string {
  return `table inet ${ISP_TABLE} {
  counter up { }
  counter down { }
  counter foreign { }
  counter swallowed { }
  set customers { type ipv4_addr; elements = { ${port.leaseAddress} }; }
  set foreign_sources { type ipv4_addr; size 4096; flags dynamic; counter; }
  set destinations { type ipv4_addr; size 4096; flags dynamic; counter; }
  chain source_filter {
    type filter hook prerouting priority raw;
    iifname != "${CUSTOMER_INTERFACE}" accept
    udp sport . udp dport { 68 . 67, 67 . 68 } accept
    ip saddr 0.0.0.0 ip protocol igmp accept
    ip saddr != @customers update @foreign_sources { ip saddr } counter name foreign drop
    update @destinations { ip daddr }
  }
  chain internet_fault { }
  chain forward {
    type filter hook forward priority filter;
    jump internet_fault
${statefulRule(port.kind)}
    iifname "${CUSTOMER_INTERFACE}" counter name up
    oifname "${CUSTOMER_INTERFACE}" counter name down
  }
${natChains(port)}
}
`;
}

function statefulRule(kind: IspKind): string {
  switch (kind) {
    case 'router':
      return '';
    case 'stateful-firewall':
    case 'carrier-nat':
      return '    ct state invalid counter name swallowed drop';
  }
}

function natChains(port: PortTopology): string {
  if (port.kind !== 'carrier-nat') return '';
  return `  chain inward {
    type nat hook prerouting priority dstnat;
${inwardRules(port.leaseAddress)
  .map((rule) => `    ${rule}`)
  .join('\n')}
  }
  chain outward {
    type nat hook postrouting priority srcnat;
    oifname "${INTERNET_INTERFACE}" masquerade
  }`;
}

function inwardRules(customer: string): readonly string[] {
  const range = `${forwardedPorts.first}-${forwardedPorts.last}`;
  return ['tcp', 'udp'].map(
    (protocol) => `iifname "${INTERNET_INTERFACE}" ${protocol} dport ${range} dnat ip to ${customer}`,
  );
}

/** The customer has got another address: what is its own, and where the NAT forwards to. */
export function newCustomerScript(port: PortTopology, address: string): string {
  const lines = [`flush set inet ${ISP_TABLE} customers`, `add element inet ${ISP_TABLE} customers { ${address} }`];
  if (port.kind === 'carrier-nat') {
    lines.push(`flush chain inet ${ISP_TABLE} inward`);
    lines.push(...inwardRules(address).map((rule) => `add rule inet ${ISP_TABLE} inward ${rule}`));
  }
  return `${lines.join('\n')}\n`;
}

/** A name server of the ISP that answers nothing. */
export function silentServerScript(address: string): string {
  return `table inet silent_server {
  chain arriving {
    type filter hook input priority filter;
    ip daddr ${address} meta l4proto { tcp, udp } th dport 53 drop
  }
}
`;
}

/** What an ISP does not pass between its customer and the internet. Its own gateway answers either way. */
export type InternetFault = 'none' | 'everything' | { readonly to: string };

/** A script that makes an ISP swallow this, and nothing else. */
export function internetFaultScript(fault: InternetFault): string {
  const flush = `flush chain inet ${ISP_TABLE} internet_fault\n`;
  switch (fault) {
    case 'none':
      return flush;
    case 'everything':
      return `${flush}add rule inet ${ISP_TABLE} internet_fault drop\n`;
    default:
      return `${flush}add rule inet ${ISP_TABLE} internet_fault ip daddr ${fault.to} drop\n`;
  }
}

/**
 * What happens on the line between customer and ISP, ARP and DHCP included: each packet is lost with this probability
 * (0 to 1), in each direction.
 */
export function lineFaultScript(lossFraction: number): string {
  // Adding before deleting makes the deletion succeed whether or not the table was there.
  const clear = 'add table netdev line\ndelete table netdev line\n';
  if (lossFraction === 0) return clear;
  const verdict = lossFraction >= 1 ? 'drop' : `numgen random mod 100000 < ${Math.round(lossFraction * 100_000)} drop`;
  const chain = (hook: string): string =>
    `  chain ${hook} {\n    type filter hook ${hook} device "${CUSTOMER_INTERFACE}" priority filter;\n    ${verdict}\n  }\n`;
  return `${clear}table netdev line {\n${chain('ingress')}${chain('egress')}}\n`;
}
