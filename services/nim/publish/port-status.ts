import type { PortStatus } from '../../../gen/nim/v1/port_status.js';
import type { Port } from '../../configuration/index.js';
import type { TestState } from '../decide/index.js';
import { missingPort, noTestFacts, type PortFacts, type PortObservation } from '../snapshot/index.js';
import { linkStateMessage, testStateMessages } from './enums.js';
import type { WallTime } from './timestamp.js';

/** What is known of a port, as a message; its revision is stamped by the store. */
export function portStatusOf(
  port: Port,
  facts: PortFacts | undefined,
  testState: TestState,
  wall: WallTime,
): PortStatus {
  const observation = facts?.observation ?? missingPort;
  const test = facts?.test ?? noTestFacts;
  return {
    logicalLabel: port.label,
    interface: port.interfaceName,
    interfaceIndex: observation.kind === 'present' ? observation.index : 0,
    macAddress: observation.kind === 'present' ? observation.macAddress : '',
    linkState: linkStateMessage(observation),
    addresses: observation.kind === 'present' ? [...observation.addresses] : [],
    gateways: gatewaysOf(port, observation),
    dnsServers: dnsServersOf(port, observation),
    priority: port.priority,
    isManagement: port.isManagement,
    labels: [...port.labels],
    testState: testStateMessages[testState],
    lastSucceeded: wall.atOptional(test.lastSucceededMs),
    lastFailed: wall.atOptional(test.lastFailedMs),
    lastError: test.lastError ?? '',
    revision: 0n,
  };
}

/** The kernel's default routes; without any, what the configuration says of a port with a static address. */
function gatewaysOf({ addressing }: Port, observation: PortObservation): string[] {
  if (observation.kind === 'missing') return [];
  if (observation.gateways.length > 0) return [...observation.gateways];
  return addressing.kind === 'static' && addressing.gateway !== undefined ? [addressing.gateway] : [];
}

/** Those of the lease first, then those of the configuration. */
function dnsServersOf(port: Port, observation: PortObservation): string[] {
  const ofLease = observation.kind === 'present' ? observation.dnsServers : [];
  return [...new Set([...ofLease, ...port.dnsServers])];
}
