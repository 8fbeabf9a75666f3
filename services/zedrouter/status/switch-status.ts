import { ApplyState, type NetworkInstanceStatus } from '../../../gen/zedrouter/v1/network_router.js';
import { isActiveSwitch, type SwitchInstance } from '../../../lib/configuration/index.js';
import { bridgeName } from '../../../lib/dataplane-layout/index.js';
import { appInterfaceKey, attachedInterfaces } from '../desired/local-instances.js';
import { idsObstacle } from '../obstacles/failure-obstacles.js';
import type { Obstacle } from '../obstacles/obstacle.js';
import type { ReconcileReport } from '../reconcile/report.js';
import type { SwitchState } from '../switches/switch-keeper.js';
import { networkInstanceInfo } from './info.js';
import { obstacleStatus } from './obstacle-status.js';

/** The status of each switch network instance, by UUID. `revision` is left at 0. */
export function switchStatuses(report: ReconcileReport): ReadonlyMap<string, NetworkInstanceStatus> {
  const { model } = report.inputs.config;
  return new Map(
    model.networkInstances
      .filter(isActiveSwitch)
      .map((instance) => [instance.id, switchStatus(instance, report, report.switches?.get(instance.id))]),
  );
}

function switchStatus(
  instance: SwitchInstance,
  report: ReconcileReport,
  state: SwitchState | undefined,
): NetworkInstanceStatus {
  const { inputs, ids } = report;
  const { id, name } = instance;
  const number = ids.networkInstances.get(id);
  const selection = inputs.selections.selections.get(id);
  const errors = errorsOf(number, state);
  const isUp = state?.isUp === true;
  const isJoined = isUp && state.port !== undefined;
  const armed = isJoined ? (selection?.armed ?? []) : [];
  const status: NetworkInstanceStatus = {
    networkInstanceId: id,
    displayName: name,
    state:
      errors.length > 0
        ? ApplyState.APPLY_STATE_ERROR
        : isUp
          ? ApplyState.APPLY_STATE_APPLIED
          : ApplyState.APPLY_STATE_PENDING,
    errors,
    obstacles: [...portObstacle(state), ...idsObstacle(report.idsNotKept)].map(obstacleStatus),
    // Apps are plugged into it: where it is somebody else's, or not there, nobody is to try.
    bridge: number === undefined || !isUp ? '' : bridgeName(number),
    bridgeAddress: '',
    armedPorts: [...armed],
    interfaceInUse: armed.length === 0 ? '' : (state?.port ?? ''),
    appInterfaces: (attachedInterfaces(inputs.config.model).get(id) ?? []).map((each) => {
      const key = appInterfaceKey(each);
      const addresses = [...(state?.addresses.get(key) ?? [])];
      return {
        appId: each.app.id,
        appName: each.app.name,
        interface: each.appInterface.name,
        macAddress: each.appInterface.macAddress,
        address: addresses[0] ?? '',
        denied: [],
        addresses,
        member: state?.members.get(key) ?? '',
      };
    }),
    portMapCount: 0,
    dnsServers: [],
    tunnel: undefined,
    appliedNitsEpoch: isUp ? inputs.selections.epoch : '',
    appliedNitsRevision: isUp ? (selection?.revision ?? 0n) : 0n,
    appliedConfigVersion: isUp ? inputs.config.version : 0n,
    revision: 0n,
    info: undefined,
    settled: isUp,
    verified: isUp,
    notices: [...(state?.notices ?? [])],
    mtu: instance.mtu,
    staticRoutes: [],
    drainingPorts: [],
  };
  return { ...status, info: networkInstanceInfo(instance, number ?? 0, status) };
}

function errorsOf(number: number | undefined, state: SwitchState | undefined): string[] {
  if (number === undefined) return ['no number is left for this network instance'];
  if (state === undefined) return [];
  const { problem, failure } = state;
  return [
    ...(problem === undefined ? [] : [`the port ${problem.subject} is not in the switch: ${problem.detail}`]),
    ...(failure === undefined ? [] : [failure]),
  ];
}

function portObstacle(state: SwitchState | undefined): readonly Obstacle[] {
  const problem = state?.problem;
  if (problem === undefined) return [];
  const { subject, detail, remedy } = problem;
  return [{ kind: 'port-not-joined', subject, detail: `${detail}: apps of the switch have each other only`, remedy }];
}
