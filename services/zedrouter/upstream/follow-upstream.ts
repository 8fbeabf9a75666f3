import {
  NetworkInterfaceManagerServiceClient,
  type WatchDeviceNetworkStatusResponse,
  type WatchNetworkInstanceTestStatusResponse,
} from '../../../gen/nim/v1/network_interface_manager.js';
import type { NetworkInstanceTestStatus } from '../../../gen/nim/v1/network_instance_test_status.js';
import { PortTestState } from '../../../gen/evecommon/uplink.js';
import { PortLinkState, type PortRoute, type PortStatus } from '../../../gen/nim/v1/port_status.js';
import { durationInMs, routeSelectionId } from '../../../lib/configuration/index.js';
import { followConfiguration } from '../../../lib/configuration-stream/index.js';
import type { Logger } from '../../../lib/observability/index.js';
import { connectToFollow, follow } from '../../../lib/rpc/index.js';
import type { PortFacts, RouteFacts, Selection } from '../desired/inputs.js';
import type { Upstream, UpstreamPorts, UpstreamSelections } from './inputs.js';
import type { UpstreamName } from './silence.js';

export interface FollowUpstreamOptions {
  readonly runDir: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onNews: (news: Partial<Upstream>) => void;
  /** A service is heard, or is no more; `why` not. */
  readonly onState: (name: UpstreamName, state: 'connected' | 'disconnected', why?: string) => void;
}

/** Follows zedagent's configuration and both of NIM's streams until the signal aborts; reconnects and resumes. */
export async function followUpstream(options: FollowUpstreamOptions): Promise<void> {
  const nim = connectToFollow(NetworkInterfaceManagerServiceClient, `unix:${options.runDir}/nim.sock`);
  await Promise.all([followConfig(options), followPorts(nim, options), followSelections(nim, options)]);
  nim.close();
}

async function followConfig(options: FollowUpstreamOptions): Promise<void> {
  const { runDir, signal, logger, onNews } = options;
  await followConfiguration({
    zedagentAddress: `unix:${runDir}/zedagent.sock`,
    signal,
    logger: logger.child({ stream: 'config' }),
    onState: (state, why) => {
      options.onState('zedagent', state, why);
    },
    onUpdate: (news) => {
      // zedagent hands out valid configurations only; one that is not is left alone, and the one before it stays.
      if (news.kind === 'invalid') {
        logger.error(
          { event: 'configuration-rejected', problems: news.problems },
          'configuration from zedagent is invalid, keeping the one before',
        );
      } else {
        onNews({ config: { version: news.deviceConfig.version, model: news.model } });
      }
    },
  });
}

async function followPorts(
  client: NetworkInterfaceManagerServiceClient,
  options: FollowUpstreamOptions,
): Promise<void> {
  const { signal, logger, onNews } = options;
  let known: UpstreamPorts = { epoch: '', revision: 0n, facts: new Map() };
  await follow({
    signal,
    logger: logger.child({ stream: 'device-network-status' }),
    open: () => client.watchDeviceNetworkStatus({ epoch: known.epoch, afterRevision: known.revision }),
    onMessage: (message: WatchDeviceNetworkStatusResponse) => {
      known = {
        epoch: message.epoch,
        revision: message.revision,
        facts: merged(known.facts, message.snapshot, message.ports.map(portFacts), labelOf, message.removedPorts),
      };
      onNews({ ports: known });
    },
  });
}

async function followSelections(
  client: NetworkInterfaceManagerServiceClient,
  options: FollowUpstreamOptions,
): Promise<void> {
  const { signal, logger, onNews } = options;
  let known: UpstreamSelections = { epoch: '', revision: 0n, portsRevision: 0n, selections: new Map() };
  /** Ids of the selections for its routes, by network instance: of those that have any. */
  const routesOf = new Map<string, readonly string[]>();
  const forget = (selections: Map<string, Selection>, niId: string): void => {
    for (const id of [niId, ...(routesOf.get(niId) ?? [])]) selections.delete(id);
    routesOf.delete(niId);
  };
  await follow({
    signal,
    logger: logger.child({ stream: 'network-instance-test-status' }),
    open: () => client.watchNetworkInstanceTestStatus({ epoch: known.epoch, afterRevision: known.revision }),
    onState: (state, why) => {
      options.onState('NIM', state, why);
    },
    onMessage: (message: WatchNetworkInstanceTestStatusResponse) => {
      if (message.snapshot) routesOf.clear();
      const selections = new Map(message.snapshot ? [] : known.selections);
      for (const status of message.statuses) {
        forget(selections, status.networkInstanceId);
        selections.set(status.networkInstanceId, selectionOf(status));
        const routes = status.routes.flatMap(({ destination, selection }) =>
          selection === undefined
            ? []
            : [[routeSelectionId(status.networkInstanceId, destination), selectionOf(selection)] as const],
        );
        for (const [id, selection] of routes) selections.set(id, selection);
        if (routes.length > 0) {
          routesOf.set(
            status.networkInstanceId,
            routes.map(([id]) => id),
          );
        }
      }
      for (const niId of message.removedNetworkInstances) forget(selections, niId);
      known = {
        epoch: message.epoch,
        revision: message.revision,
        portsRevision: message.deviceNetworkRevision,
        selections,
      };
      onNews({ selections: known });
    },
  });
}

function merged<T>(
  before: ReadonlyMap<string, T>,
  snapshot: boolean,
  changed: readonly T[],
  keyOf: (value: T) => string,
  removed: readonly string[],
): ReadonlyMap<string, T> {
  const after = new Map(snapshot ? [] : before);
  for (const value of changed) after.set(keyOf(value), value);
  for (const key of removed) after.delete(key);
  return after;
}

function labelOf({ label }: PortFacts): string {
  return label;
}

function portFacts(port: PortStatus): PortFacts {
  return {
    label: port.logicalLabel,
    interfaceName: port.interface,
    link: linkOf(port),
    addresses: port.addresses.map(({ address, prefixLength, deprecated }) => ({
      address,
      prefixLength,
      isDeprecated: deprecated,
    })),
    sourceAddress: port.sourceAddress === '' ? undefined : port.sourceAddress,
    routes: port.routes.map(routeFacts),
    gateways: port.gateways,
    dnsServers: port.dnsServers,
    ntpServers: port.ntpServers,
    mtu: port.mtu,
    macAddress: port.macAddress === '' ? undefined : port.macAddress,
  };
}

function routeFacts({ destination, prefixLength, gateway, source, metric }: PortRoute): RouteFacts {
  return {
    destination: { address: destination, length: prefixLength },
    gateway: gateway === '' ? undefined : gateway,
    source: source === '' ? undefined : source,
    metric,
  };
}

function linkOf({ linkState }: PortStatus): PortFacts['link'] {
  switch (linkState) {
    case PortLinkState.PORT_LINK_STATE_UP:
      return 'up';
    case PortLinkState.PORT_LINK_STATE_NO_CARRIER:
      return 'no-carrier';
    case PortLinkState.PORT_LINK_STATE_ADMIN_DOWN:
      return 'admin-down';
    default:
      return 'missing';
  }
}

/** The ranked candidates are the chain, but for those that wait for NIM; `eligible` on the wire means permitted. */
function selectionOf({ candidates, revision }: NetworkInstanceTestStatus): Selection {
  return {
    armed: candidates
      .filter(({ rank, unarmed }) => rank > 0 && !unarmed)
      .sort((a, b) => a.rank - b.rank)
      .map(({ logicalLabel }) => logicalLabel),
    permitted: candidates.filter(({ eligible }) => eligible).map(({ logicalLabel }) => logicalLabel),
    failing: new Set(
      candidates
        .filter(({ testState }) => testState === PortTestState.PORT_TEST_STATE_FAILING)
        .map(({ logicalLabel }) => logicalLabel),
    ),
    grantedUntilMs: new Map(
      candidates.flatMap(({ logicalLabel, grantedUntilBoottime }) =>
        grantedUntilBoottime === undefined ? [] : [[logicalLabel, durationInMs(grantedUntilBoottime)] as const],
      ),
    ),
    revision,
  };
}
