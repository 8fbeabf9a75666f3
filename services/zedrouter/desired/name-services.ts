import { tunnelName } from '../../../lib/dataplane-layout/index.js';
import { lastPer } from '../../../lib/once/index.js';
import type { NameService } from './dataplane.js';
import { forwarderOf, forwarderService } from './forwarders.js';
import { isTunnelled } from './local-instances.js';
import { serversText, tunnelServersText } from './name-service-files.js';
import type { Placement } from './placement.js';
import type { RankedInstance } from './ranked.js';

/** What asks several name servers at once, for each port that a network instance may come to use. */
export function forwarders(ranked: readonly RankedInstance[], directory: string): ReadonlyMap<string, NameService> {
  const made = new Map<string, NameService>();
  // Most have no servers of their own, and so the same forwarders.
  const known = new Set<string>();
  for (const { placement, ranking, permitted } of ranked) {
    // What is asked inside a tunnel is not asked over a port.
    if (isTunnelled(placement.instance)) continue;
    const configured = placement.instance.network.dnsServers;
    const list = configured.join();
    for (const { number, facts } of [...ranking, ...permitted]) {
      const key = `${list}/${number}`;
      if (known.has(key)) continue;
      known.add(key);
      const forwarder = forwarderOf(facts, configured);
      if (forwarder !== undefined) made.set(forwarder.name, forwarderService(forwarder, directory));
    }
  }
  return made;
}

/** The name service of each bridge, by its name. */
export function nameServices(ranked: readonly RankedInstance[]): ReadonlyMap<string, NameService> {
  // The same for all that follow the same ranking and have no servers of their own.
  const made = new Map<string, string>();
  return new Map(
    ranked.flatMap(({ placement: { instance, number, bridge, nameService }, ranking }) => {
      if (bridge.address === undefined) return [];
      const configured = instance.network.dnsServers;
      if (isTunnelled(instance)) {
        return [[bridge.name, { ...nameService, servers: tunnelServersText(configured, tunnelName(number)) }] as const];
      }
      const key = `${configured.join()}/${ranking.map(({ number }) => number).join()}`;
      const facts = ranking.map((port) => port.facts);
      const servers = made.get(key) ?? serversText(configured, facts);
      made.set(key, servers);
      return [[bridge.name, serving(nameService, servers)] as const];
    }),
  );
}

/** By the servers that it asks, which are those of a few rankings. */
const serving = lastPer(
  (nameService: Placement['nameService'], servers: string): NameService => ({ ...nameService, servers }),
  { kept: 4 },
);
