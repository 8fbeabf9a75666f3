import type { PortStatus } from '../../../gen/nim/v1/port_status.js';
import type { Port } from '../../../lib/configuration/index.js';
import {
  byAddress,
  controllerProfileOf,
  evidenceOf,
  Profiles,
  type DecisionPolicy,
} from '../../../lib/decision/decide/index.js';
import { dnsServersOf, gatewaysOf, missingPort, type PortFacts } from '../../../lib/decision/snapshot/index.js';
import { linkStateMessage, testStateMessages } from './enums.js';
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
    linkState: linkStateMessage(observation),
    addresses: observation.kind === 'present' ? [...observation.addresses] : [],
    gateways: [...gatewaysOf(port, observation)],
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
    revision: 0n,
  };
}

/** Each target by the profile of the first who goes by it: others may read the same outcomes more patiently. */
function targetStatusesOf({ port, policy, facts, usableSinceMs }: PortStatusSources, wall: WallTime) {
  const controller = controllerProfileOf(port, policy);
  const profiles = [...(controller === undefined ? [] : [controller]), ...new Profiles(policy).ofPort(port)];
  return [...(facts?.targets ?? [])].flatMap(([target, record]) => {
    const profile = profiles.find((one) => one.kind === 'target' && one.targetKey === target);
    if (profile === undefined) return [];
    return [targetStatusOf(target, evidenceOf(facts, profile, usableSinceMs), record, wall)];
  });
}
