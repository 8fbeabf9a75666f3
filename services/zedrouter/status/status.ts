import {
  ApplyState,
  type AppInterface,
  type DrainingPort,
  type NetworkInstanceStatus,
  type StaticRouteStatus,
} from '../../../gen/zedrouter/v1/network_router.js';
import { routeSelectionId, timestampOf, type DeviceModel } from '../../../lib/configuration/index.js';
import type { Failure } from '../apply/apply.js';
import { SUBNET_TABLE, bridgeName, portTable, routeTable } from '../../../lib/dataplane-layout/index.js';
import { forwarderOf } from '../desired/forwarders.js';
import type { Ids, PortFacts } from '../desired/inputs.js';
import { ipv4Text } from '../../../lib/ipv4/index.js';
import {
  appInterfaceKey,
  attachedInterfaces,
  isTunnelled,
  localInstances,
  type LocalInstance,
} from '../desired/local-instances.js';
import { filtersWithin } from '../desired/placement.js';
import { madeOnceWithIds } from '../desired/made-once.js';
import { hasOwnRoutes, placedRoutes } from '../desired/own-routes.js';
import { outOfServiceBecause, portNetworks } from '../desired/overlap.js';
import { placedPortMaps } from '../desired/port-maps.js';
import { appTermsOf } from '../desired/port-terms.js';
import { samePrefix, type Prefix } from '../../../lib/netlink/index.js';
import { failureObstacles, idsObstacle } from '../obstacles/failure-obstacles.js';
import type { Obstacle } from '../obstacles/obstacle.js';
import { sourceObstacles } from '../obstacles/source-obstacles.js';
import { networkInstanceInfo } from './info.js';
import { obstacleStatus } from './obstacle-status.js';
import { holdsTheSame } from './status-store.js';
import { switchStatuses } from './switch-status.js';
import { tunnelErrors, tunnelNotices, tunnelStatus } from './tunnel-status.js';
import type { Operation } from '../plan/operations.js';
import type { ReconcileReport } from '../reconcile/report.js';

/** The status that was told of a network instance last, if any. */
export type ToldStatus = (networkInstanceId: string) => NetworkInstanceStatus | undefined;

/** What stands in the way of the network instance with that bridge, by what was seen of the host. */
export type ObstaclesOf = (bridge: string) => readonly Obstacle[];

/**
 * The status of each network instance that is built, by UUID, from what reconciliation has come to. Switches are kept
 * beside it, and tell for themselves. `revision` is left at 0.
 * Those that a reconciliation does not concern stay as they were told.
 */
export function networkInstanceStatuses(
  report: ReconcileReport,
  told: ToldStatus,
  obstaclesOf: ObstaclesOf = () => [],
): ReadonlyMap<string, NetworkInstanceStatus> {
  const applied = appliedStatuses(report, obstaclesOf);
  const routing = [...applied].map(([id, status]): readonly [string, NetworkInstanceStatus] => {
    const before = told(id);
    // Where nothing was to be done for what is desired now (another revision of NITS), the kernel holds what it held
    // when it was read, and no change of it would have it read again.
    const isAsRead = report.planned.length === 0 && report.failures.length === 0;
    if (before !== undefined && (isAsRead || holdsTheSame(before, status))) {
      const isVerified = before.verified || report.isVerified;
      return [id, { ...status, settled: isVerified, verified: isVerified }];
    }
    if (report.phase !== 'pending') return [id, { ...status, settled: report.isVerified, verified: report.isVerified }];
    return [
      id,
      { ...(before ?? notInForce(status)), state: ApplyState.APPLY_STATE_PENDING, settled: false, verified: false },
    ];
  });
  return new Map([...routing, ...switchStatuses(report)]);
}

/** Of a network instance that is told for the first time, nothing is in force. */
function notInForce(status: NetworkInstanceStatus): NetworkInstanceStatus {
  return {
    ...status,
    armedPorts: [],
    interfaceInUse: '',
    dnsServers: [],
    appliedNitsEpoch: '',
    appliedNitsRevision: 0n,
    appliedConfigVersion: 0n,
    info: undefined,
    drainingPorts: [],
    notices: [],
    staticRoutes: [],
  };
}

/** Access lists count from app to app only where the kernel shows us what a bridge passes. */
function unfilteredNotices(
  { filtersMembers }: ReconcileReport,
  { filtersWithin: isAskedFor }: FixedPart,
): readonly string[] {
  if (filtersMembers !== false || !isAskedFor) return [];
  return [
    'apps of this network instance reach each other whatever their access lists say: the kernel lacks br_netfilter; ' +
      'load it (modprobe br_netfilter), now and at every boot (/etc/modules-load.d)',
  ];
}

function appliedStatuses(
  report: ReconcileReport,
  obstaclesOf: ObstaclesOf,
): ReadonlyMap<string, NetworkInstanceStatus> {
  const { inputs, ids } = report;
  const { model } = inputs.config;
  const networks = portNetworks(inputs.ports.facts.values());
  const terms = appTermsOf(model, inputs.ports.facts);
  return new Map(
    fixedParts(model, ids).map((fixed) => {
      const selection = inputs.selections.selections.get(fixed.instance.id);
      const overlap = outOfServiceBecause(fixed.instance, networks);
      const armed = overlap === undefined ? (selection?.armed ?? []) : [];
      const inUse = armed[0];
      const own = terms.get(fixed.instance.id);
      const facts = inUse === undefined ? undefined : inputs.ports.facts.get(inUse);
      const restsOn = report.failures.length === 0 ? undefined : whatItRestsOn(fixed, armed, report);
      const tunnel = report.tunnels?.get(fixed.instance.id);
      const errors = [
        ...(overlap === undefined ? [] : [overlap]),
        ...(fixed.bridge === '' ? ['no number is left for this network instance'] : []),
        ...(restsOn === undefined ? [] : errorsOf(fixed, restsOn, report.failures)),
        ...tunnelErrors(tunnel),
      ];
      const status: NetworkInstanceStatus = {
        networkInstanceId: fixed.instance.id,
        displayName: fixed.instance.name,
        state: errors.length > 0 ? ApplyState.APPLY_STATE_ERROR : ApplyState.APPLY_STATE_APPLIED,
        errors,
        obstacles: [
          ...obstaclesOf(fixed.bridge),
          ...(restsOn === undefined ? [] : failureObstacles(report.failures, fixed.bridge, restsOn.nameServices)),
          ...idsObstacle(report.idsNotKept),
          ...(tunnel === undefined
            ? sourceObstacles(armed.flatMap((label) => inputs.ports.facts.get(label) ?? []))
            : []),
        ].map(obstacleStatus),
        bridge: fixed.bridge,
        bridgeAddress: fixed.bridgeAddress,
        armedPorts: [...armed],
        interfaceInUse: facts?.interfaceName ?? '',
        appInterfaces: fixed.appInterfaces,
        portMapCount: fixed.portMapCount,
        dnsServers: dnsServersOf(fixed.instance, facts),
        tunnel: tunnelStatus(tunnel),
        appliedNitsEpoch: inputs.selections.epoch,
        appliedNitsRevision: selection?.revision ?? 0n,
        appliedConfigVersion: inputs.config.version,
        revision: 0n,
        info: undefined,
        settled: false,
        verified: false,
        notices: [...(own?.notices ?? []), ...unfilteredNotices(report, fixed), ...tunnelNotices(tunnel)],
        mtu: own?.mtu ?? 0,
        staticRoutes: overlap === undefined ? staticRoutesOf(fixed, report) : [],
        drainingPorts: drainingPortsOf(fixed.instance.id, report),
      };
      return [fixed.instance.id, { ...status, info: networkInstanceInfo(fixed.instance, fixed.bridgeNumber, status) }];
    }),
  );
}

function drainingPortsOf(selectionId: string, { draining, inputs }: ReconcileReport): DrainingPort[] {
  return (draining.get(selectionId) ?? []).map(({ port, flows, endsAtWallMs }) => ({
    port,
    interface: inputs.ports.facts.get(port)?.interfaceName ?? '',
    flows: flows ?? 0,
    endsAt: timestampOf(endsAtWallMs),
  }));
}

function staticRoutesOf({ instance, bridgeNumber, bridge }: FixedPart, report: ReconcileReport): StaticRouteStatus[] {
  if (!hasOwnRoutes(instance)) return [];
  const { ports, selections } = report.inputs;
  const place = { instance, number: bridgeNumber, bridge: { name: bridge } };
  return placedRoutes(place, { ports: ports.facts, selections: selections.selections }).map(
    ({ destination, gateway = '', ports: armedPorts, problem = '' }) => ({
      ...{ destination, gateway, problem },
      armedPorts: [...armedPorts],
      drainingPorts: drainingPortsOf(routeSelectionId(instance.id, destination), report),
    }),
  );
}

/** What of a status no switch changes. */
interface FixedPart {
  readonly instance: LocalInstance;
  /** 0 and an empty name where no number is left for it. */
  readonly bridgeNumber: number;
  readonly bridge: string;
  readonly bridgeAddress: string;
  readonly appInterfaces: AppInterface[];
  /** Access lists ask for a look at what its apps send to each other. */
  readonly filtersWithin: boolean;
  readonly portMapCount: number;
}

const fixedParts: (model: DeviceModel, ids: Ids) => readonly FixedPart[] = madeOnceWithIds((model, ids) => {
  const attached = attachedInterfaces(model);
  const portMaps = placedPortMaps(model, ids);
  return localInstances(model).map((instance) => {
    const number = ids.networkInstances.get(instance.id);
    return {
      instance,
      bridgeNumber: number ?? 0,
      bridge: number === undefined ? '' : bridgeName(number),
      bridgeAddress: `${instance.network.gateway}/${instance.network.prefixLength}`,
      appInterfaces: (attached.get(instance.id) ?? []).map((each) => ({
        appId: each.app.id,
        appName: each.app.name,
        interface: each.appInterface.name,
        macAddress: each.appInterface.macAddress,
        address: leasedAddress(ids.appAddresses.get(appInterfaceKey(each))),
        // What a list has denied changes all the time: whoever lists statuses is told.
        denied: [],
        addresses: [],
        member: '',
      })),
      filtersWithin: filtersWithin(attached.get(instance.id) ?? []),
      portMapCount: portMaps.get(instance.id)?.length ?? 0,
    };
  });
});

function dnsServersOf(instance: LocalInstance, facts: PortFacts | undefined): string[] {
  const { network } = instance;
  if (isTunnelled(instance)) return [...network.dnsServers];
  return [...(network.dnsServers.length > 0 ? network.dnsServers : (facts?.dnsServers ?? []))];
}

function leasedAddress(number: number | undefined): string {
  return number === undefined ? '' : ipv4Text(number);
}

function subnetOf({ network }: LocalInstance): Prefix {
  return { address: network.subnet, length: network.prefixLength };
}

/** What a network instance rests on, besides its bridge and what all share. */
interface RestsOn {
  /** Of the ports that it follows. */
  readonly tables: ReadonlySet<number>;
  /** Its own and those that it asks. */
  readonly nameServices: ReadonlySet<string>;
}

function whatItRestsOn(
  { instance, bridge, bridgeNumber }: FixedPart,
  armed: readonly string[],
  { ids, inputs }: ReconcileReport,
): RestsOn {
  const ports = armed.flatMap((label) => ids.ports.get(label) ?? []);
  return {
    tables: new Set([...ports.map(portTable), routeTable(bridgeNumber)]),
    nameServices: new Set([bridge, ...forwardersOf(instance, armed, inputs.ports.facts)]),
  };
}

/** Names of what asks name servers for this network instance, over the ports that it follows. */
function forwardersOf(
  { network }: LocalInstance,
  armed: readonly string[],
  ports: ReadonlyMap<string, PortFacts>,
): readonly string[] {
  return armed.flatMap((label) => {
    const facts = ports.get(label);
    const forwarder = facts === undefined ? undefined : forwarderOf(facts, network.dnsServers);
    return forwarder === undefined ? [] : [forwarder.name];
  });
}

/** Failures that concern this network instance. */
function errorsOf({ instance, bridge }: FixedPart, restsOn: RestsOn, failures: readonly Failure[]): readonly string[] {
  const subnet = subnetOf(instance);
  return failures
    .filter(({ operation }) => concerns(operation, bridge, subnet, restsOn))
    .map(({ operation, message }) => `${operation.kind}: ${message}`);
}

function concerns(operation: Operation, bridge: string, subnet: Prefix, { tables, nameServices }: RestsOn): boolean {
  switch (operation.kind) {
    case 'bridge-add':
    case 'bridge-change':
      return operation.bridge.name === bridge;
    case 'name-service-start':
    case 'name-service-reload':
    case 'name-service-stop':
      return nameServices.has(operation.bridge);
    case 'bridge-down':
    case 'bridge-delete':
      return operation.name === bridge;
    case 'rule-add':
    case 'rule-delete':
      return operation.rule.from === undefined || samePrefix(operation.rule.from, subnet);
    case 'route-replace':
    case 'route-delete':
      return operation.route.table === SUBNET_TABLE
        ? samePrefix(operation.route.destination, subnet)
        : tables.has(operation.route.table);
    case 'sysctl':
    case 'egress-filter-replace':
    case 'egress-filter-delete':
    case 'nft':
    case 'flows-end':
    case 'untranslated-flows-end':
    case 'refused-flows-end':
      return true;
    case 'neighbour-warm':
      return false;
  }
}
