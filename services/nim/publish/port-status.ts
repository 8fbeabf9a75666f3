import type { PortAddress, PortProxies, PortRoute, PortStatus } from '../../../gen/nim/v1/port_status.js';
import type { Port } from '../../../lib/configuration/index.js';
import {
  byAddress,
  controllerProfileOf,
  evidenceOf,
  Profiles,
  singleProfiles,
  type DecisionPolicy,
} from '../../../lib/decision/decide/index.js';
import {
  dnsServersOf,
  gatewaysOf,
  missingPort,
  ntpServersOf,
  sourceAddressOf,
  sourceOfRoute,
  type PortFacts,
  type PortObservation,
} from '../../../lib/decision/snapshot/index.js';
import { linkStateMessage, testStateMessages } from './enums.js';
import { portDifferences } from './port-differences.js';
import { failureMessage, targetStatusOf } from './target-status.js';
import type { WallTime } from './timestamp.js';

/** What a port's status is made from. */
export interface PortStatusSources {
  readonly port: Port;
  readonly policy: DecisionPolicy;
  readonly facts: PortFacts | undefined;
  /** Since when it has had link and address. */
  readonly usableSinceMs: number | undefined;
}

/**
 * What is known of a port, as a message; its revision is stamped by the store. Whether it works is what the
 * controller's test says where there is one, else link and address; what else is tested over it stands beside that.
 */
export function portStatusOf(sources: PortStatusSources, wall: WallTime): PortStatus {
  const { port, policy, facts, usableSinceMs } = sources;
  const observation = facts?.observation ?? missingPort;
  const { test, testState } = evidenceOf(facts, controllerProfileOf(port, policy) ?? byAddress, usableSinceMs);
  return {
    logicalLabel: port.label,
    interface: port.interfaceName,
    interfaceIndex: observation.kind === 'present' ? observation.index : 0,
    macAddress: observation.kind === 'present' ? observation.macAddress : '',
    mtu: observation.kind === 'present' ? observation.mtu : 0,
    linkState: linkStateMessage(observation),
    addresses: addressesOf(observation),
    gateways: [...gatewaysOf(observation)],
    dnsServers: [...dnsServersOf(port, observation)],
    priority: port.priority,
    isManagement: port.isManagement,
    labels: [...port.labels],
    testState: testStateMessages[testState],
    lastSucceeded: wall.atOptional(test.lastSucceededMs),
    lastFailed: wall.atOptional(test.lastFailedMs),
    lastError: test.lastError ?? facts?.test.lastError ?? '',
    lastFailure: failureMessage(test.lastFailure),
    targets: targetStatusesOf(sources, wall),
    testBudget: undefined,
    routes: routesOf(observation),
    sourceAddress: sourceAddressOf(observation) ?? '',
    differences: [...portDifferences(port, observation)],
    proxies: proxiesMessage(port),
    ntpServers: [...ntpServersOf(port, observation)],
    tariff:
      port.tariff === undefined ? undefined : { ...port.tariff, includedBytes: BigInt(port.tariff.includedBytes) },
    revision: 0n,
  };
}

function proxiesMessage({ proxies }: Port): PortProxies | undefined {
  if (proxies === undefined) return undefined;
  const { http, https, exceptions, certificateAuthorities } = proxies;
  return { http, https, exceptions: [...exceptions], certificateAuthorities: [...certificateAuthorities] };
}

function addressesOf(observation: PortObservation): PortAddress[] {
  if (observation.kind === 'missing') return [];
  return observation.addresses.map(({ address, prefixLength, isDeprecated = false }) => ({
    address,
    prefixLength,
    deprecated: isDeprecated,
  }));
}

/** With the source that each leaves by, so that nobody else needs to know how that is found. */
function routesOf(observation: PortObservation): PortRoute[] {
  if (observation.kind === 'missing') return [];
  return observation.routes.map((route) => ({
    destination: route.destination.address,
    prefixLength: route.destination.prefixLength,
    gateway: route.gateway ?? '',
    source: sourceOfRoute(route, observation.addresses) ?? '',
    metric: route.metric,
    onLink: route.isOnLink,
  }));
}

/** Each target by the profile of the first who goes by it: others may read the same outcomes more patiently. */
function targetStatusesOf({ port, policy, facts, usableSinceMs }: PortStatusSources, wall: WallTime) {
  const controller = controllerProfileOf(port, policy);
  const gateway = facts === undefined ? undefined : gatewaysOf(facts.observation)[0];
  const profiles = [
    ...(controller === undefined ? [] : [controller]),
    ...new Profiles(policy, () => gateway).ofPort(port),
  ];
  return [...(facts?.targets ?? [])].flatMap(([target, record]) => {
    const profile = profiles
      .flatMap((one) => (one.kind === 'target' ? singleProfiles(one) : []))
      .find(({ targetKey }) => targetKey === target);
    if (profile === undefined) return [];
    return [targetStatusOf(target, evidenceOf(facts, profile, usableSinceMs), record, wall)];
  });
}
