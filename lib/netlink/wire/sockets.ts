import { SerialQueue } from './serial-queue.js';
import { NetlinkSocket } from './netlink-socket.js';

/** Each has a socket of its own, so that an answer which is read late is not in another's way. */
export type Purpose = 'route' | 'nftables' | 'conntrack' | 'generic';

const protocols = { route: 'route', nftables: 'netfilter', conntrack: 'netfilter', generic: 'generic' } as const;

/**
 * The sockets of the process's own namespace, kept for ever: the kernel makes whoever closes a netfilter socket wait
 * some 15 ms for what a transaction before that has left to be freed (nft_rcv_nl_event).
 */
const kept = new Map<Purpose, NetlinkSocket>();

const turns: Readonly<Record<Purpose, SerialQueue>> = {
  route: new SerialQueue(),
  nftables: new SerialQueue(),
  conntrack: new SerialQueue(),
  generic: new SerialQueue(),
};

/**
 * Runs `use` with a socket; in a named namespace one that is opened and closed for it. @throws as NetlinkSocket.open.
 */
export function withSocket<T>(purpose: Purpose, namespace: string | undefined, use: (socket: NetlinkSocket) => T): T {
  const socket = take(purpose, namespace);
  try {
    const result = use(socket);
    giveBack(purpose, namespace, socket);
    return result;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** The same for what takes its time; one after the other. Not to be mixed with `withSocket` for the same purpose. */
export function withSocketInTurn<T>(
  purpose: Purpose,
  namespace: string | undefined,
  use: (socket: NetlinkSocket) => Promise<T>,
): Promise<T> {
  return turns[purpose].add(async () => {
    const socket = take(purpose, namespace);
    const used = Promise.resolve(socket).then(use);
    used.catch(() => {
      socket.close();
    });
    const result = await used;
    giveBack(purpose, namespace, socket);
    return result;
  });
}

/** While it is taken it is not kept: after a failure there may be answers in it that nobody has read. */
function take(purpose: Purpose, namespace: string | undefined): NetlinkSocket {
  const socket = namespace === undefined ? kept.get(purpose) : undefined;
  if (socket === undefined) return NetlinkSocket.open(protocols[purpose], namespace);
  kept.delete(purpose);
  return socket;
}

function giveBack(purpose: Purpose, namespace: string | undefined, socket: NetlinkSocket): void {
  if (namespace === undefined && !kept.has(purpose)) kept.set(purpose, socket);
  else socket.close();
}
