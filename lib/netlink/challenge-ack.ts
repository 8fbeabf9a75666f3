import { randomInt } from 'node:crypto';

import { PacketSocket } from './wire/packet-socket.js';
import { readLink, type Link } from './link.js';
import { readNeighbours } from './neighbour.js';
import { withSocket } from './wire/sockets.js';
import { challengeSegment, type TcpEndpoint } from './challenge-segment.js';

/** An app's TCP session that is to find out what has become of it. */
export interface AppSession {
  /** Behind which the app is: a bridge that has this name and this alias. Nothing goes to any other kind of link. */
  readonly bridge: { readonly name: string; readonly alias: string };
  readonly app: TcpEndpoint;
  /** Whom the app takes for its peer. */
  readonly peer: TcpEndpoint;
}

/** As many take a millisecond or two, answers and answers to those included; then others may use the event loop. */
const SEGMENTS_AT_ONCE = 32;
const SEQUENCE_NUMBERS = 2 ** 32;

/**
 * Provokes a challenge ACK of each app's session (RFC 5961, 4.2): sends it a segment as if from its peer, which one
 * that has the session answers with an ACK that says where it stands. Whoever stands in the way of that ACK can then
 * reset the session, which nobody could without knowing it; where nobody does, it reaches the peer, who ignores it, and
 * the session goes on.
 *
 * The segment is put onto the bridge as a frame to the app's own link address. So it passes no hook of netfilter (on
 * its way out through IP it would be tracked, and be anybody's to drop or to mark), asks no routing table, and reaches
 * nothing that is not in that bridge. An app whose link address the kernel does not know is left out.
 * Answers how many were sent.
 * @throws NetlinkError where the kernel cannot be called from here, or refuses a packet socket; RangeError where an
 * address is no IPv4 address.
 */
export async function provokeChallengeAcks(
  sessions: readonly AppSession[],
  namespace: string | undefined,
): Promise<number> {
  if (sessions.length === 0) return 0;
  const placeOf = placesOfApps(sessions, namespace);
  const socket = PacketSocket.open(namespace);
  try {
    let sent = 0;
    for (const [number, session] of sessions.entries()) {
      if (number > 0 && number % SEGMENTS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
      const place = placeOf(session);
      if (place === undefined) continue;
      if (socket.send(challengeSegment(session.peer, session.app, randomInt(SEQUENCE_NUMBERS)), place)) sent += 1;
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

function placesOfApps(
  sessions: readonly AppSession[],
  namespace: string | undefined,
): (session: AppSession) => Place | undefined {
  return withSocket('route', namespace, (socket) => {
    const bridges = new Map<string, Link>();
    for (const name of new Set(sessions.map(({ bridge }) => bridge.name))) {
      const link = readLink(socket, name);
      if (link?.kind === 'bridge') bridges.set(name, link);
    }
    const places = new Map<string, Place>();
    for (const { linkIndex, address, linkAddress } of readNeighbours(socket)) {
      if (linkAddress !== undefined) places.set(`${linkIndex} ${address}`, { index: linkIndex, linkAddress });
    }
    return ({ bridge, app }) => {
      const link = bridges.get(bridge.name);
      return link?.alias === bridge.alias ? places.get(`${link.index} ${app.address}`) : undefined;
    };
  });
}
