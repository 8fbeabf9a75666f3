import { TunnelMaker, type TunnelStatus } from '../../../gen/zedrouter/v1/network_router.js';
import { timestampOf } from '../../../lib/configuration/index.js';
import { formatWireGuardEndpoint } from '../../../lib/netlink/index.js';
import type { TunnelState } from '../tunnels/tunnel.js';

const makers = { kernel: TunnelMaker.TUNNEL_MAKER_KERNEL, 'wireguard-go': TunnelMaker.TUNNEL_MAKER_WIREGUARD_GO };

/** Undefined: the network instance has none. */
export function tunnelStatus(state: TunnelState | undefined): TunnelStatus | undefined {
  if (state === undefined) return undefined;
  const { name, by, isUp, problem = '', peers } = state;
  return {
    interface: name,
    maker: by === undefined ? TunnelMaker.TUNNEL_MAKER_UNSPECIFIED : makers[by],
    up: isUp,
    problem,
    peers: peers.map(({ publicKey, endpoint, address, lastHandshakeMs }) => ({
      ...{ publicKey, endpoint },
      address: address === undefined ? '' : formatWireGuardEndpoint(address),
      lastHandshake: lastHandshakeMs === undefined ? undefined : timestampOf(lastHandshakeMs),
    })),
  };
}

/** What keeps a tunnel from being there. */
export function tunnelErrors(state: TunnelState | undefined): readonly string[] {
  return state?.problem === undefined || state.isUp ? [] : [`tunnel ${state.name}: ${state.problem}`];
}

/** What is wrong with a tunnel that is there. */
export function tunnelNotices(state: TunnelState | undefined): readonly string[] {
  return state?.problem === undefined || !state.isUp ? [] : [`tunnel ${state.name}: ${state.problem}`];
}
