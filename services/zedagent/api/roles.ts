import { status } from '@grpc/grpc-js';

import { RpcError, type Caller } from '../../../lib/rpc/index.js';

/** What a certificate's organizational unit, or else its common name, may say (docs/design.md#trust). */
export type Role = 'controller' | 'observer';

/** A controller may do what an observer may. */
const rolesThatMay: Readonly<Record<'write' | 'read', readonly Role[]>> = {
  write: ['controller'],
  read: ['controller', 'observer'],
};

/**
 * Lets a call pass whose caller may do this. Whom the socket's file mode let in may do everything.
 * @throws RpcError PERMISSION_DENIED, reason ROLE_REQUIRED
 */
export function requireRole(caller: Caller, access: 'write' | 'read'): void {
  if (caller.kind === 'local') return;
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
