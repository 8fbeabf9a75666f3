import type { PortFacts } from './inputs.js';

/**
 * Kernel settings that the dataplane rests on.
 *
 * `ignore_routes_with_linkdown` makes a route drop out with the carrier: the armed standby. `rp_filter` is loose on
 * uplinks: answers to a network instance come in by a port that is not the main table's choice.
 */
export function desiredSysctls(ports: readonly PortFacts[]): ReadonlyMap<string, string> {
  const sysctls = new Map([['net/ipv4/ip_forward', '1']]);
  for (const { interfaceName, link } of ports) {
    if (link === 'missing') continue;
    sysctls.set(`net/ipv4/conf/${interfaceName}/ignore_routes_with_linkdown`, '1');
    sysctls.set(`net/ipv4/conf/${interfaceName}/rp_filter`, '2');
  }
  return sysctls;
}
