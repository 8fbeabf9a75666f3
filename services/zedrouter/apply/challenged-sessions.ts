import {
  formatPrefix,
  type AppSession,
  type TcpEndpoint,
  type TcpFlow,
  type TcpState,
} from '../../../lib/netlink/index.js';

import type { Bridge } from '../desired/dataplane.js';
import { networkOf } from '../../../lib/ipv4/index.js';
import { ownerAlias } from './ownership.js';

/**
 * Both ends have the session, or what is left of it. In the beginning it begins anew by itself with the app's next SYN,
 * and would take a challenge for part of that; when it is over, nobody waits for it.
 */
const WITH_A_SESSION: ReadonlySet<TcpState> = new Set(['established', 'fin-wait', 'close-wait', 'last-ack']);

/**
 * Whose sessions to challenge when these flows have ended: each end that is an app behind one of these bridges. That is
 * the one that began the flow, or the one that a port map led to, or, where one app reached the other over a port map,
 * both.
 */
export function sessionsToChallenge(flows: readonly TcpFlow[], bridges: Iterable<Bridge>): readonly AppSession[] {
  const bridgeOf = bridgesByNetwork(bridges);
  const sessionOf = (app: TcpEndpoint, peer: TcpEndpoint): readonly AppSession[] => {
    const bridge = bridgeOf(app.address);
    return bridge === undefined ? [] : [{ bridge: { name: bridge.name, alias: ownerAlias(bridge.niId) }, app, peer }];
  };
  return flows
    .filter(({ state }) => WITH_A_SESSION.has(state))
    .flatMap(({ original, reply }) => [
      ...sessionOf(
        { address: original.source, port: original.sourcePort },
        { address: original.destination, port: original.destinationPort },
      ),
      // Whoever answers sees the other end as its answers are addressed.
      ...sessionOf(
        { address: reply.source, port: reply.sourcePort },
        { address: reply.destination, port: reply.destinationPort },
      ),
    ]);
}

function bridgesByNetwork(bridges: Iterable<Bridge>): (address: string) => Bridge | undefined {
  const byNetwork = new Map<string, Bridge>();
  const prefixLengths = new Set<number>();
  for (const bridge of bridges) {
    if (bridge.address === undefined) continue;
    const { address, prefixLength } = bridge.address;
    byNetwork.set(formatPrefix(networkOf(address, prefixLength)), bridge);
    prefixLengths.add(prefixLength);
  }
  return (address) => {
    for (const length of prefixLengths) {
      const bridge = byNetwork.get(formatPrefix(networkOf(address, length)));
      if (bridge !== undefined) return bridge;
    }
    return undefined;
  };
}
