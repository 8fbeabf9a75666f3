import { isIP } from 'node:net';

import { DnsError, neighbourState, SocketError, type DnsFailure } from '../../../../lib/uplink-socket/index.js';
import type { ProbePort } from './probe-port.js';
import type { FailureKind } from '../../../../lib/decision/health/index.js';
import { ProbeError } from './probe-result.js';

/** A failure in words. */
export interface Failure {
  readonly failure: FailureKind;
  readonly detail: string;
  /** Nothing at all came back. */
  readonly silent: boolean;
}

/**
 * Why an attempt failed. Where nothing came back, or no way was found, the kernel's neighbour table tells whether the
 * gateway itself is to blame.
 */
export function failureOf(error: unknown, port: ProbePort, destinations: readonly string[]): Failure {
  const failure = namedFailure(error);
  if (failure.failure === 'timeout' || failure.failure === 'unreachable' || isDeafDns(error)) {
    const gateway = gatewayFailure(port, destinations);
    if (gateway !== undefined) return { failure: 'no-gateway', detail: gateway, silent: true };
  }
  return failure;
}

function namedFailure(error: unknown): Failure {
  if (error instanceof ProbeError) {
    return { failure: error.failure, detail: error.message, silent: isSilence(error.failure) };
  }
  if (error instanceof DnsError) {
    return { failure: kindsOfDns[error.failure], detail: error.message, silent: isDeafDns(error) };
  }
  if (error instanceof SocketError) {
    const isLocalRoute = error.code === 'ENETUNREACH' && error.traffic.packetsSent === 0;
    if (isLocalRoute) return { failure: 'no-gateway', detail: `${error.message}: there is no route`, silent: true };
    const failure = kindOfCode(error.code);
    return { failure, detail: error.message, silent: isSilence(failure) };
  }
  return { failure: 'local', detail: error instanceof Error ? error.message : String(error), silent: false };
}

/**
 * The target itself has said nothing. What routers on the way say is no answer of the target's: a flapping route says
 * unreachable for a moment, as a lost packet says nothing for a moment.
 */
function isSilence(failure: FailureKind): boolean {
  return failure === 'timeout' || failure === 'unreachable';
}

/** By the system's word for an error. */
export function kindOfCode(code: string): FailureKind {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ETIMEDOUT':
      return 'timeout';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return 'unreachable';
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
      return 'reset';
    default:
      return 'local';
  }
}

const kindsOfDns: Readonly<Record<DnsFailure, FailureKind>> = {
  'no-such-name': 'dns',
  'no-address': 'dns',
  silent: 'dns',
  unreachable: 'dns',
  'server-failure': 'dns',
  garbage: 'dns',
  'bad-name': 'dns',
  'no-servers': 'dns',
  aborted: 'local',
  local: 'local',
};

/** No name server was heard: the fault may be on the way to them. */
function isDeafDns(error: unknown): boolean {
  return error instanceof DnsError && (error.failure === 'silent' || error.failure === 'unreachable');
}

/** In words what is wrong with the gateway; undefined where nothing speaks against it. */
function gatewayFailure(port: ProbePort, destinations: readonly string[]): string | undefined {
  const destination = destinations.find((address) => isIP(address) !== 0);
  if (destination === undefined) return undefined;
  const gateway = port.gateways.find((address) => isIP(address) === isIP(destination));
  const asked = gateway ?? destination;
  if (!isSilent(port, asked)) return undefined;
  return gateway === undefined
    ? // The kernel takes a host for one on the link where it knows no route for the port.
      `${port.interfaceName} has no gateway, and ${destination} is not on its link`
    : `gateway ${gateway} does not answer on ${port.interfaceName}`;
}

function isSilent(port: ProbePort, address: string): boolean {
  try {
    return neighbourState(port, address) === 'silent';
  } catch {
    return false;
  }
}
