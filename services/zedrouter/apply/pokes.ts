import type { Poke, TcpEndpoint, TcpFlow, TcpState } from 'iproute-exec';

import type { Bridge } from '../desired/dataplane.js';
import { networkOf } from '../desired/ipv4.js';
import { ownerAlias } from './ownership.js';

/**
 * Both ends have the session, or what is left of it. In the beginning it begins anew by itself with the app's next SYN,
 * and would take a poke for part of that; when it is over, nobody waits for it.
 */
const WITH_A_SESSION: ReadonlySet<TcpState> = new Set(['established', 'fin-wait', 'close-wait', 'last-ack']);

/**
 * Whom to poke when these flows have ended: each end that is an app behind one of these bridges. That is the one that
 * began the flow, or the one that a port map led to, or, where one app reached the other over a port map, both.
 */
export function pokesFor(flows: readonly TcpFlow[], bridges: Iterable<Bridge>): readonly Poke[] {
  const bridgeOf = bridgesByNetwork(bridges);
  const poke = (app: TcpEndpoint, peer: TcpEndpoint): readonly Poke[] => {
    const bridge = bridgeOf(app.address);
    return bridge === undefined ? [] : [{ bridge: { name: bridge.name, alias: ownerAlias(bridge.niId) }, app, peer }];
  };
  return flows
    .filter(({ state }) => WITH_A_SESSION.has(state))
    .flatMap(({ original, reply }) => [
      ...poke(
        { address: original.source, port: original.sourcePort },
        { address: original.destination, port: original.destinationPort },
      ),
      // Whoever answers sees the other end as its answers are addressed.
      ...poke(
        { address: reply.source, port: reply.sourcePort },
        { address: reply.destination, port: reply.destinationPort },
      ),
    ]);
}

function bridgesByNetwork(bridges: Iterable<Bridge>): (address: string) => Bridge | undefined {
  const byNetwork = new Map<string, Bridge>();
  const prefixLengths = new Set<number>();
  for (const bridge of bridges) {
    const [address = '', length = ''] = bridge.address.split('/');
    byNetwork.set(networkOf(address, Number(length)), bridge);
    prefixLengths.add(Number(length));
  }
  return (address) => {
    for (const length of prefixLengths) {
      const bridge = byNetwork.get(networkOf(address, length));
      if (bridge !== undefined) return bridge;
    }
    return undefined;
  };
}
