import { randomInt } from 'node:crypto';

import { PacketSocket } from './netlink/packet-socket.js';
import { readLink, type LinkObject } from './netlink/read-links.js';
import { readNeighbours } from './netlink/read-neighbours.js';
import { withSocket } from './netlink/sockets.js';
import { pokeSegment, type TcpEndpoint } from './poke-segment.js';

/** An app's TCP session that is to find out what has become of it. */
export interface Poke {
  /** Behind which the app is: a bridge that has this name and this alias. A poke goes to no other kind of link. */
  readonly bridge: { readonly name: string; readonly alias: string };
  readonly app: TcpEndpoint;
  /** Whom the app takes for its peer. */
  readonly peer: TcpEndpoint;
}

/** As many take a millisecond or two, answers and answers to those included; then others may use the event loop. */
const pokesAtOnce = 32;
const sequenceNumbers = 2 ** 32;

/**
 * Has each app answer for its session: sends it a segment as if from its peer, which one that has the session answers
 * with an ACK that says where it stands. Whoever stands in the way of that ACK can then reset the session, which nobody
 * could without knowing it; where nobody does, it reaches the peer, who ignores it, and the session goes on.
 *
 * The segment is put onto the bridge as a frame to the app's own link address. So it passes no hook of netfilter (on its
 * way out through IP it would be tracked, and be anybody's to drop or to mark), asks no routing table, and reaches
 * nothing that is not in that bridge. An app whose link address the kernel does not know is left out.
 * Answers how many were sent.
 * @throws CommandError where the kernel cannot be called from here, or refuses a packet socket; RangeError where an address is no IPv4 address.
 */
export async function pokeApps(pokes: readonly Poke[], namespace?: string): Promise<number> {
  if (pokes.length === 0) return 0;
  const placeOf = placesOfApps(pokes, namespace);
  const socket = PacketSocket.open(namespace);
  try {
    let sent = 0;
    for (const [number, poke] of pokes.entries()) {
      if (number > 0 && number % pokesAtOnce === 0) await new Promise((resolve) => setImmediate(resolve));
      const place = placeOf(poke);
      if (place === undefined) continue;
      if (socket.send(pokeSegment(poke.peer, poke.app, randomInt(sequenceNumbers)), place)) sent += 1;
    }
    return sent;
  } finally {
    socket.close();
  }
}

interface Place {
  readonly index: number;
  readonly linkAddress: Uint8Array;
}

function placesOfApps(pokes: readonly Poke[], namespace: string | undefined): (poke: Poke) => Place | undefined {
  return withSocket('route', namespace, (socket) => {
    const bridges = new Map<string, LinkObject>();
    for (const name of new Set(pokes.map(({ bridge }) => bridge.name))) {
      const link = readLink(socket, name);
      if (link?.linkinfo?.info_kind === 'bridge') bridges.set(name, link);
    }
    const places = new Map<string, Place>();
    for (const { index, address, linkAddress } of readNeighbours(socket)) {
      places.set(`${index} ${address}`, { index, linkAddress });
    }
    return ({ bridge, app }) => {
      const link = bridges.get(bridge.name);
      return link?.ifalias === bridge.alias ? places.get(`${link.ifindex} ${app.address}`) : undefined;
    };
  });
}
