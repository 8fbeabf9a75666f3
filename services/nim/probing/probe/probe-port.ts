import type { PortProxies } from '../../../../lib/configuration/index.js';
import type { IpFamily, Uplink } from '../../../../lib/uplink-socket/index.js';

/** A port as probes see it: where they leave, and what is known of its network. */
export interface ProbePort extends Uplink {
  /** Of this port alone, in the order in which they are asked. */
  readonly dnsServers: readonly string[];
  /** The first of each family is the one in use. */
  readonly gateways: readonly string[];
  /** Families of addresses that the port has; names are looked up for these. */
  readonly families: readonly IpFamily[];
  /** By which targets of HTTP are asked; undefined: straight. */
  readonly proxies?: PortProxies | undefined;
}
