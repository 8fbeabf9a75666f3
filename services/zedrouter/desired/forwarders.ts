import { createHash } from 'node:crypto';

import { lastPer, oncePerKey } from '../../../lib/once/index.js';
import type { NameService } from './dataplane.js';
import type { PortFacts } from './inputs.js';

/*
 * The dnsmasq of a network instance asks in order, port by port (`strict-order`): so names go out by the port in use
 * alone, and by the standby as soon as that one is dead, with every service down, too. But it waits for a server that
 * keeps silent until the app asks again, which is after 5 s with most resolvers (resolv.conf(5)). So a dnsmasq of the
 * port's own stands in between, which asks all servers of the port at once and takes the first answer.
 *
 * It does so for a single server, too: when its list changes, dnsmasq asks anew what is on its way by the sockets that
 * it has, and one that is bound to the port before would ask the next port's server over that, which may not be
 * permitted any more. Towards forwarders all its sockets are bound to `lo`.
 */

/** What asks the name servers of one port, all at once. */
export interface Forwarder {
  /** Of its files; no bridge is called like this. */
  readonly name: string;
  /** Where the dnsmasqs of network instances find it. */
  readonly address: string;
  readonly port: number;
  readonly interfaceName: string;
  readonly servers: readonly string[];
}

const PREFIX = 'names-';

/** Nobody else's: 53 may be taken on every address, and what the kernel gives out by itself begins at 32768. */
const FORWARDER_PORT = 5229;

/** So many are asked; resolvers know as many (MAXNS, resolv.conf(5)), and each costs a packet and its answer. */
export const ASKED_AT_ONCE = 3;

/** Network instances share one, so many names may be on their way; dnsmasq refuses more than 150 unless told so. */
const MOST_UNANSWERED = 1000;

export function isForwarder(nameService: string): boolean {
  return nameService.startsWith(PREFIX);
}

/**
 * The forwarder for these servers over the port; undefined: there are none to ask. `configured`: instead of the port's
 * own. Network instances with the same servers share one.
 */
export const forwarderOf = oncePerKey(
  (configured: readonly string[]) => configured.join(),
  (port: PortFacts, configured: readonly string[]): Forwarder | undefined => {
    const servers = serversOf(configured, port).slice(0, ASKED_AT_ONCE);
    if (servers.length === 0) return undefined;
    const { interfaceName } = port;
    // A port's own keeps its name and place while its lease tells other servers.
    const list = configured.length === 0 ? '' : `-${digestOf(servers.join()).toString('hex').slice(0, 8)}`;
    const name = `${PREFIX}${interfaceName}${list}`;
    return { name, address: loopbackAddress(name), port: FORWARDER_PORT, interfaceName, servers };
  },
);

/** The name servers that a network instance asks over a port, each once. */
function serversOf(configured: readonly string[], { dnsServers }: PortFacts): readonly string[] {
  return [...new Set(configured.length > 0 ? configured : dnsServers)];
}

/** Its dnsmasq. It keeps no answers: those of the network instances do. */
export const forwarderService = lastPer((forwarder: Forwarder, directory: string): NameService => {
  const { name, address, port, interfaceName, servers } = forwarder;
  const lines = (text: readonly string[]): string => text.map((line) => `${line}\n`).join('');
  return {
    config: lines([
      `# asks the name servers of ${interfaceName}, all at once`,
      'user=root',
      `port=${port}`,
      `listen-address=${address}`,
      'bind-dynamic',
      'no-resolv',
      'no-hosts',
      'all-servers',
      'cache-size=0',
      `dns-forward-max=${MOST_UNANSWERED}`,
      `servers-file=${directory}/${name}.servers`,
      `pid-file=${directory}/${name}.pid`,
    ]),
    dhcpHosts: '',
    hosts: '',
    servers: lines(servers.map((server) => `server=${server}@${interfaceName}`)),
  };
});

/** One of 127.128.0.0/9, by the name: the same after a restart, and another for each. */
function loopbackAddress(name: string): string {
  const [first = 0, second = 0, third = 0] = digestOf(name);
  return `127.${128 + (first % 128)}.${second}.${1 + (third % 254)}`;
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
