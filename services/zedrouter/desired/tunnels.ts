import type { DeviceModel, WireGuardPeer, WireGuardTunnel } from '../../../lib/configuration/index.js';
import {
  PROTOCOL,
  routeTable,
  tunnelName,
  tunnelNumber,
  tunnelOuterMark,
} from '../../../lib/dataplane-layout/index.js';
import { everywhere, routeVia, type Route } from '../../../lib/netlink/index.js';
import type { Dataplane } from './dataplane.js';
import type { Ids, PortFacts, Selection } from './inputs.js';
import { isTunnelled, localInstances } from './local-instances.js';
import { outOfServiceBecause, portNetworks } from './overlap.js';
import { appTermsOf } from './port-terms.js';
import { unreachableRoute } from './unreachable-route.js';

/** A tunnel device as it is to be, and the port that it leaves by now. */
export interface DesiredTunnel {
  readonly niId: string;
  /** Of the device. */
  readonly name: string;
  readonly privateKeyFile: string;
  readonly addresses: readonly string[];
  /** Bytes. */
  readonly mtu: number;
  /** Of what it sends outside. */
  readonly mark: number;
  readonly peers: readonly WireGuardPeer[];
  /** Undefined: it has none, and what it sends is rejected. */
  readonly port: PortFacts | undefined;
}

/** By name of the device. */
export function desiredTunnels(inputs: {
  readonly model: DeviceModel;
  readonly ids: Ids;
  readonly ports: ReadonlyMap<string, PortFacts>;
  readonly selections: ReadonlyMap<string, Selection>;
}): ReadonlyMap<string, DesiredTunnel> {
  const { model, ids, ports, selections } = inputs;
  const tunnels = localInstances(model).filter(isTunnelled);
  if (tunnels.length === 0) return new Map();
  const terms = appTermsOf(model, ports);
  const networks = portNetworks(ports.values());
  return new Map(
    tunnels.flatMap((instance) => {
      const { id, tunnel } = instance;
      // Its addresses would be the device's own where a port's network has them.
      if (outOfServiceBecause(instance, networks) !== undefined) return [];
      const number = ids.networkInstances.get(id);
      const mtu = terms.get(id)?.mtu;
      if (number === undefined || mtu === undefined) return [];
      const name = tunnelName(number);
      const { privateKeyFile, addresses, peers } = tunnel;
      const inUse = selections.get(id)?.armed[0];
      const port = inUse === undefined ? undefined : ports.get(inUse);
      return [[name, { niId: id, name, privateKeyFile, addresses, mtu, mark: tunnelOuterMark(number), peers, port }]];
    }),
  );
}

/**
 * The table of a network instance behind a tunnel: what its peers have, into the tunnel where the device is there, and
 * `unreachable` behind it, so that nothing ever leaves by a port.
 */
export function tunnelRoutes({ peers, addresses }: WireGuardTunnel, niNumber: number, isUp: boolean): readonly Route[] {
  const own = { table: routeTable(niNumber), protocol: PROTOCOL };
  const ways = peers.flatMap(({ allowedPrefixes }) =>
    allowedPrefixes.map((prefix) =>
      routeVia({ ...own, destination: prefix, dev: tunnelName(niNumber), source: addresses[0], metric: 1 }),
    ),
  );
  return [...(isUp ? ways : []), unreachableRoute(niNumber, everywhere('inet'))];
}

/** What is left when tunnel devices are made anew: what led into them went with them. */
export function withoutTunnels(current: Dataplane): Dataplane {
  const isOf = (name = ''): boolean => tunnelNumber(name) !== undefined;
  return {
    ...current,
    routes: new Map([...current.routes].filter(([, { dev }]) => !isOf(dev))),
    sysctls: new Map([...current.sysctls].filter(([path]) => !isOf(path.split('/')[3]))),
  };
}
