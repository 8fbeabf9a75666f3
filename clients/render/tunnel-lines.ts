import { TunnelMaker, type NetworkInstanceStatus } from '../../gen/zedrouter/v1/network_router.js';
import { sinceText } from './time.js';

const makers: ReadonlyMap<TunnelMaker, string> = new Map([
  [TunnelMaker.TUNNEL_MAKER_KERNEL, 'by the kernel'],
  [TunnelMaker.TUNNEL_MAKER_WIREGUARD_GO, 'by wireguard-go'],
]);

/** The tunnel of a network instance, by which port it leaves, and when each peer has answered last; a line a peer. */
export function tunnelLines(
  { tunnel, armedPorts }: Pick<NetworkInstanceStatus, 'tunnel' | 'armedPorts'>,
  nowMs: number,
): readonly string[] {
  if (tunnel === undefined) return [];
  const { interface: name, maker, up, peers } = tunnel;
  if (!up) return [`tunnel ${name} is not there: what apps send is rejected`];
  const way = armedPorts[0] === undefined ? 'has no port to leave by' : `leaves by ${armedPorts[0]}`;
  return peers.map(({ endpoint, address, lastHandshake }) => {
    const where = address === '' || address === endpoint ? '' : ` (${address})`;
    const heard =
      lastHandshake === undefined ? 'has never answered' : `answered ${sinceText(lastHandshake, nowMs)} ago`;
    return `tunnel ${name} ${way}, ${makers.get(maker) ?? 'by nobody'}: peer ${endpoint}${where} ${heard}`;
  });
}
