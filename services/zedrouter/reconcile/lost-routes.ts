import { isDeepStrictEqual } from 'node:util';

import { DEAD_END_TABLE } from '../../../lib/dataplane-layout/index.js';
import type { Dataplane } from '../desired/dataplane.js';
import type { PortFacts } from '../desired/inputs.js';

type Facts = ReadonlyMap<string, PortFacts>;

/**
 * What is known of the kernel after ports have changed. An interface that goes down or loses its last address loses
 * every route with it, and the kernel tells nobody of those (net/ipv4/fib_frontend.c, fib_disable_ip): a port whose
 * link or addresses are others than `before` may have lost its dead end, which no fact of the port speaks of.
 */
export function withoutLostRoutes(current: Dataplane, before: Facts | undefined, now: Facts): Dataplane {
  const changed = new Set<string>();
  for (const [label, facts] of now) {
    const known = before?.get(label);
    if (known !== undefined && known !== facts && !isAttachedAsBefore(known, facts)) changed.add(facts.interfaceName);
  }
  if (changed.size === 0) return current;
  const stays = ({ table, dev = '' }: { readonly table: number; readonly dev?: string | undefined }): boolean =>
    table !== DEAD_END_TABLE || !changed.has(dev);
  return { ...current, routes: new Map([...current.routes].filter(([, route]) => stays(route))) };
}

function isAttachedAsBefore(a: PortFacts, b: PortFacts): boolean {
  return a.interfaceName === b.interfaceName && a.link === b.link && isDeepStrictEqual(a.addresses, b.addresses);
}
