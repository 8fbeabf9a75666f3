import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type {
  AuthorizedPort,
  AuthorizePortResponse,
  PortAuthorizations,
} from '../../../gen/nim/v1/port_authorization.js';
import { PortStatus } from '../../../gen/nim/v1/port_status.js';
import { durationOf, formatOperation, type Grant, type Port } from '../../../lib/configuration/index.js';
import { evaluatePort, grantedReason, grantFor, rankPortsForOperation } from '../../../lib/decision/decide/index.js';
import { candidateMessage, reasonMessage, type Published, type WallTime } from '../publish/index.js';
import { missingPort, whyUnusable } from '../../../lib/decision/snapshot/index.js';

/** What is known of ports now, by logical label. */
export type PortStatusOf = (label: string) => PortStatus | undefined;

/**
 * The ports of an operation: those that policy permits and that have link and address, best first; and all others with
 * the reasons. By the evaluation that makes NITS.
 */
export function portAuthorizations(
  operation: NetworkOperation,
  { configuration, snapshot, decision }: Published,
  portStatusOf: PortStatusOf,
  nowMs: number,
  wall: WallTime,
): PortAuthorizations {
  const candidates = rankPortsForOperation(operation, snapshot, configuration.model, decision.memory, nowMs);
  const ports: AuthorizedPort[] = [];
  let group = 0;
  let preference = '';
  for (const { label, priority, testState, rank, grant } of candidates) {
    const status = portStatusOf(label);
    if (rank === undefined || status === undefined) continue;
    if (preference !== `${testState} ${priority}`) group += 1;
    preference = `${testState} ${priority}`;
    ports.push(authorizedPort(status, { usable: true, rank, group }, grant));
  }
  return {
    ports,
    denied: candidates.filter(({ rank }) => rank === undefined).map((candidate) => candidateMessage(candidate, wall)),
    policyVersion: configuration.policyVersion,
    configVersion: configuration.version,
  };
}

/** Whether policy permits an operation a port. `listed`: the port's entry among the operation's, if it has one. */
export function authorizePort(
  operation: NetworkOperation,
  port: Port,
  { configuration, snapshot }: Published,
  portStatusOf: PortStatusOf,
  listed: AuthorizedPort | undefined,
): AuthorizePortResponse {
  const { model } = configuration;
  const { label, interfaceName, priority } = port;
  const subject = { kind: 'operation', operation } as const;
  const forbidding = evaluatePort(port, subject, model);
  const allowed = forbidding.length === 0;
  const grant = allowed ? grantFor(port, subject, model) : undefined;
  const reasons = grant === undefined ? forbidding : [grantedReason(grant)];
  const verdict = `${label} (priority ${priority}) ${allowed ? 'may' : 'may not'} be used for ${formatOperation(operation)}`;
  const why = reasons.map(({ detail }) => detail).join('; ');
  const status =
    portStatusOf(label) ?? PortStatus.fromPartial({ logicalLabel: label, interface: interfaceName, priority });
  const usable = whyUnusable(snapshot.ports.get(label)?.observation ?? missingPort) === undefined;
  return {
    allowed,
    reasons: reasons.map(reasonMessage),
    detail: why === '' ? verdict : `${verdict}: ${why}`,
    policyVersion: configuration.policyVersion,
    configVersion: configuration.version,
    port: listed ?? authorizedPort(status, { usable, rank: 0, group: 0 }, grant),
  };
}

function authorizedPort(
  {
    logicalLabel,
    interface: interfaceName,
    priority,
    addresses,
    sourceAddress,
    gateways,
    dnsServers,
    testState,
    proxies,
  }: PortStatus,
  place: Pick<AuthorizedPort, 'usable' | 'rank' | 'group'>,
  grant: Grant | undefined,
): AuthorizedPort {
  return {
    logicalLabel,
    interface: interfaceName,
    priority,
    sourceAddresses: addresses
      .map(({ address }) => address)
      .sort((a, b) => Number(b === sourceAddress) - Number(a === sourceAddress)),
    gateways,
    dnsServers,
    testState,
    ...place,
    grantId: grant?.id ?? '',
    grantedUntilBoottime: grant === undefined ? undefined : durationOf(grant.endsAtBoottimeMs),
    proxies,
  };
}
