import type { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { Grant as GrantMessage } from '../../../gen/zedagent/v1/policy.js';
import type { Grant } from '../model.js';
import { durationInMs, wallMsOf } from '../times.js';

/** A grant as the model has it. */
export function grantOf(message: GrantMessage): Grant {
  return {
    id: message.id,
    operation: message.operation,
    priorities: message.priorities,
    networkInstanceId: message.networkInstanceId === '' ? undefined : message.networkInstanceId,
    reason: message.reason,
    author: message.author,
    expiresAtWallMs: wallMsOf(message.expiresAt),
    endsAtBoottimeMs: durationInMs(message.endsAtBoottime),
  };
}

/** Whether a grant has ended by this time on CLOCK_BOOTTIME. */
export function hasEnded({ endsAtBoottimeMs }: Pick<Grant, 'endsAtBoottimeMs'>, boottimeMs: number): boolean {
  return endsAtBoottimeMs <= boottimeMs;
}

/** Whether a grant permits an operation, or app traffic of a network instance, ports of this priority. */
export function grantPermits(
  grant: Grant,
  operation: NetworkOperation,
  networkInstanceId: string | undefined,
  priority: number,
): boolean {
  return (
    grant.operation === operation &&
    (grant.networkInstanceId === undefined || grant.networkInstanceId === networkInstanceId) &&
    grant.priorities.includes(priority)
  );
}
