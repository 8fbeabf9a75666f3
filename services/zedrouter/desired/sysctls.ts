import type { PortFacts } from './inputs.js';

/**
 * Kernel settings that the dataplane rests on, by path below /proc/sys.
 *
 * `ignore_routes_with_linkdown` makes a route drop out with the carrier: the armed standby. `rp_filter` is loose on
 * uplinks: answers to a network instance come in by a port that is not the main table's choice. `forwarding` is on
 * where packets of network instances come in or leave. `arp_ignore` and `arp_announce` (Linux'
 * networking/ip-sysctl.rst) have each uplink answer ARP for its own addresses alone, and ask with them: where two
 * uplinks are on one switch, answers for one would come in by the other. `src_valid_mark` has the look at an answer's
 * source (rp_filter) follow its mark: what an app would send without a mark goes nowhere.
 *
 * `carrying`: interfaces of ports that a network instance is permitted on. `bridges`: names. None: nothing is
 * forwarded. `tunnels`: the devices that are there.
 */
export function desiredSysctls(
  ports: readonly PortFacts[],
  carrying: ReadonlySet<string>,
  bridges: Iterable<string>,
  tunnels: Iterable<string> = [],
): ReadonlyMap<string, string> {
  const forwarding = [...bridges].map((name) => [forwardingPath(name), '1'] as const);
  const sysctls = new Map<string, string>();
  // First: it sets the others, too.
  if (forwarding.length > 0) {
    sysctls.set(IP_FORWARD, '1');
    sysctls.set(SRC_VALID_MARK, '1');
  }
  for (const { interfaceName, link } of ports) {
    if (link === 'missing') continue;
    const at = `net/ipv4/conf/${interfaceName}`;
    sysctls.set(`${at}/ignore_routes_with_linkdown`, '1');
    sysctls.set(`${at}/rp_filter`, '2');
    sysctls.set(`${at}/arp_ignore`, '1');
    sysctls.set(`${at}/arp_announce`, '2');
    if (carrying.has(interfaceName)) sysctls.set(forwardingPath(interfaceName), '1');
  }
  for (const tunnel of tunnels) {
    sysctls.set(`net/ipv4/conf/${tunnel}/rp_filter`, '2');
    sysctls.set(forwardingPath(tunnel), '1');
  }
  for (const [path, value] of forwarding) sysctls.set(path, value);
  return sysctls;
}

const IP_FORWARD = 'net/ipv4/ip_forward';
/** For all interfaces, so that it holds for one that comes anew. */
const SRC_VALID_MARK = 'net/ipv4/conf/all/src_valid_mark';

export function forwardingPath(interfaceName: string): string {
  return `net/ipv4/conf/${interfaceName}/forwarding`;
}
