import { status } from '@grpc/grpc-js';

import { RpcError, type Caller } from '../../../lib/rpc/index.js';

/** What a certificate's organizational unit, or else its common name, may say (docs/design.md#trust). */
export type Role = 'controller' | 'observer';

const CONFIG_SERVICE = '/org.lfedge.eve.zedagent.v1.DeviceConfigService/';
const POLICY_SERVICE = '/org.lfedge.eve.zedagent.v1.PolicyService/';

/** What an observer may call: whatever is not named here takes a controller, so that nothing is open by oversight. */
const reading: ReadonlySet<string> = new Set([
  ...['GetConfig', 'GetConfigStatus', 'ListConfigHistory', 'WatchConfig'].map((method) => `${CONFIG_SERVICE}${method}`),
  ...['GetPolicy', 'ListGrants'].map((method) => `${POLICY_SERVICE}${method}`),
  ...['Check', 'List', 'Watch'].map((method) => `/grpc.health.v1.Health/${method}`),
  ...['v1', 'v1alpha'].map((version) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`),
]);

/** A controller may do what an observer may. */
const rolesThatMay: Readonly<Record<'write' | 'read', readonly Role[]>> = {
  write: ['controller'],
  read: ['controller', 'observer'],
};

/**
 * Lets a call of this method pass whose caller may make it. Whom the socket's file mode let in may do everything.
 * @throws RpcError PERMISSION_DENIED, reason ROLE_REQUIRED
 */
export function requireRole(caller: Caller, path: string): void {
  if (caller.kind === 'local') return;
  const access = reading.has(path) ? 'read' : 'write';
  const { organizationalUnits, commonName } = caller;
  const names = organizationalUnits.length > 0 ? organizationalUnits : [commonName];
  const accepted = rolesThatMay[access];
  if (accepted.some((role) => names.includes(role))) return;
  throw new RpcError(
    status.PERMISSION_DENIED,
    `this takes a certificate of the role ${accepted.join(' or ')} (its OU, or without one its CN)`,
    { reason: 'ROLE_REQUIRED', metadata: { roles: accepted.join(',') } },
  );
}
