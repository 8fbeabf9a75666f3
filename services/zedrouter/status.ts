import { ApplyState, type NetworkInstanceStatus } from '../../gen/zedrouter/v1/network_router.js';
import type { Failure } from './apply/apply.js';
import type { Operation } from './plan/operations.js';
import { SUBNET_TABLE } from './desired/dataplane.js';
import { addressText } from './desired/ipv4.js';
import { appInterfaceKey, attachedInterfaces, localInstances, type LocalInstance } from './desired/local-instances.js';
import { placedPortMaps } from './desired/port-maps.js';
import { routeKey } from './desired/routes.js';
import { bridgeName } from './marks.js';
import { networkInstanceInfo } from './info.js';
import type { RouterReport } from './router.js';

/** The status of each local network instance, by UUID, from what the router has come to. `revision` is left at 0. */
export function networkInstanceStatuses(report: RouterReport): ReadonlyMap<string, NetworkInstanceStatus> {
  const { inputs, numbers } = report;
  const { model } = inputs.config;
  const attached = attachedInterfaces(model);
  const portMaps = placedPortMaps(model, numbers);
  return new Map(
    localInstances(model).map((instance) => {
      const number = numbers.networkInstances.get(instance.id);
      const bridge = number === undefined ? '' : bridgeName(number);
      const selection = inputs.selections.selections.get(instance.id);
      const armedPorts = selection?.armed ?? [];
      const inUse = armedPorts[0];
      const facts = inUse === undefined ? undefined : inputs.ports.facts.get(inUse);
      const { network } = instance;
      const errors = errorsOf(instance, bridge, report.failures);
      const status: NetworkInstanceStatus = {
        networkInstanceId: instance.id,
        displayName: instance.name,
        state: errors.length > 0 ? ApplyState.APPLY_STATE_ERROR : ApplyState.APPLY_STATE_APPLIED,
        errors: [...errors],
        bridge,
        bridgeAddress: `${network.gateway}/${network.prefixLength}`,
        armedPorts: [...armedPorts],
        interfaceInUse: facts?.interfaceName ?? '',
        appInterfaces: (attached.get(instance.id) ?? []).map((each) => ({
          appId: each.app.id,
          appName: each.app.name,
          interface: each.appInterface.name,
          macAddress: each.appInterface.macAddress,
          address: leasedAddress(numbers.appAddresses.get(appInterfaceKey(each))),
        })),
        portMapCount: portMaps.get(instance.id)?.length ?? 0,
        dnsServers: [...(network.dnsServers.length > 0 ? network.dnsServers : (facts?.dnsServers ?? []))],
        appliedNitsEpoch: inputs.selections.epoch,
        appliedNitsRevision: selection?.revision ?? 0n,
        appliedConfigVersion: inputs.config.version,
        revision: 0n,
        info: undefined,
      };
      return [instance.id, { ...status, info: networkInstanceInfo(instance, number ?? 0, status) }];
    }),
  );
}

function leasedAddress(number: number | undefined): string {
  return number === undefined ? '' : addressText(number);
}

/** Failures that concern this network instance: its bridge, its subnet, or what all share. */
function errorsOf(instance: LocalInstance, bridge: string, failures: readonly Failure[]): readonly string[] {
  const { network } = instance;
  const subnet = `${network.subnet}/${network.prefixLength}`;
  const none = bridge === '' ? ['no number is left for this network instance'] : [];
  return [
    ...none,
    ...failures
      .filter(({ operation }) => concerns(operation, bridge, subnet))
      .map(({ operation, message }) => `${operation.kind}: ${message}`),
  ];
}

function concerns(operation: Operation, bridge: string, subnet: string): boolean {
  switch (operation.kind) {
    case 'bridge-add':
    case 'bridge-change':
      return operation.bridge.name === bridge;
    case 'name-service-start':
    case 'name-service-reload':
    case 'name-service-stop':
      return operation.bridge === bridge;
    case 'bridge-down':
    case 'bridge-delete':
      return operation.name === bridge;
    case 'rule-add':
    case 'rule-delete':
      return !operation.rule.includes(' from ') || operation.rule.includes(` from ${subnet} `);
    case 'route-replace':
    case 'route-delete':
      return !operation.key.startsWith(`${SUBNET_TABLE} `) || operation.key === routeKey(SUBNET_TABLE, subnet);
    case 'sysctl':
    case 'nft':
    case 'flows-end':
      return true;
    case 'neighbour-warm':
      return false;
  }
}
