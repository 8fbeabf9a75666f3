import type { Grant, Policy } from '../../../gen/zedagent/v1/policy.js';
import type { StoredPolicy } from '../../../gen/zedagent/v1/stored_policy.js';
import {
  durationInMs,
  durationOf,
  grantOf,
  hasEnded,
  timestampOf,
  wallMsOf,
} from '../../../lib/configuration/index.js';
import type { Instant } from '../in-force/instant.js';

/** How much of a grant is left, in milliseconds. */
export function remainingMs(grant: Grant, { boottimeMs }: Pick<Instant, 'boottimeMs'>): number {
  return Math.max(0, durationInMs(grant.endsAtBoottime) - boottimeMs);
}

/** The live grants, each with what is left of it, the one that ends first first. */
export function liveGrants(grants: readonly Grant[], now: Pick<Instant, 'boottimeMs'>): Grant[] {
  return grants
    .filter((grant) => !hasEnded(grantOf(grant), now.boottimeMs))
    .map((grant) => ({ ...grant, remaining: durationOf(remainingMs(grant, now)) }))
    .sort((a, b) => durationInMs(a.endsAtBoottime) - durationInMs(b.endsAtBoottime));
}

/**
 * Grants as they are to be kept on disk: with what will be left of them `aheadMs` from now. A power cut before the next
 * writing thus shortens a grant by at most that, and never prolongs it, however often it happens.
 */
export function checkpointOf(
  policy: Policy,
  now: Instant,
  aheadMs: number,
): Pick<StoredPolicy, 'policy' | 'checkpointAt'> {
  const grants = policy.grants.map((grant) => ({
    ...grant,
    remaining: durationOf(remainingMs(grant, now) - aheadMs),
  }));
  return {
    policy: { ...policy, grants, bootId: now.bootId },
    checkpointAt: timestampOf(now.wallMs + aheadMs),
  };
}

/**
 * Grants read from disk. Within the boot that they were kept in their ends stand. After a reboot a grant has what was
 * left at the checkpoint, less the time that has gone by since then by the wall clock: one that was set back takes
 * nothing off, and adds nothing either.
 */
export function restoredGrants({ policy, checkpointAt }: StoredPolicy, now: Instant): Grant[] {
  const grants = policy?.grants ?? [];
  if (policy?.bootId === now.bootId) return grants;
  const goneMs = Math.max(0, now.wallMs - wallMsOf(checkpointAt));
  return grants.map((grant) => {
    const leftMs = Math.max(0, durationInMs(grant.remaining) - goneMs);
    return {
      ...grant,
      expiresAt: timestampOf(now.wallMs + leftMs),
      endsAtBoottime: durationOf(now.boottimeMs + leftMs),
    };
  });
}
