import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { Grant, Policy } from '../../../gen/zedagent/v1/policy.js';
import { durationOf, timestampOf } from '../../../lib/configuration/index.js';
import { checkpointOf, liveGrants, restoredGrants } from './grant-times.js';
import type { Instant } from '../in-force/instant.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const AHEAD_MS = MINUTE;

function grantThatEndsAt(boottimeMs: number, id = 'g'): Grant {
  return {
    id,
    operation: NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD,
    priorities: [2],
    networkInstanceId: '',
    reason: 'drill',
    author: 'ops',
    createdAt: timestampOf(0),
    expiresAt: timestampOf(0),
    remaining: durationOf(0),
    endsAtBoottime: durationOf(boottimeMs),
  };
}

function policyOf(grants: readonly Grant[], bootId: string): Policy {
  return { version: 1n, overrides: [], grants: [...grants], bootId };
}

/** Milliseconds that are left of the one grant; 0 where it has ended. */
function leftMs(grants: readonly Grant[], now: Instant): number {
  const [grant] = liveGrants(grants, now);
  return grant?.remaining === undefined ? 0 : Number(grant.remaining.seconds) * 1000 + grant.remaining.nanos / 1e6;
}

describe('after a restart', () => {
  // Kept at boottime 10 h, wall clock 100 h, with 2 h left.
  const kept: Instant = { wallMs: 100 * HOUR, boottimeMs: 10 * HOUR, bootId: 'one' };
  const stored = { ...checkpointOf(policyOf([grantThatEndsAt(12 * HOUR)], 'one'), kept, AHEAD_MS), changes: [] };

  it.each<{ what: string; now: Instant; want: number }>([
    { what: 'of the service, the end stands', now: { ...kept, boottimeMs: 11 * HOUR, wallMs: 101 * HOUR }, want: HOUR },
    {
      what: 'of the service, whatever the wall clock says',
      now: { ...kept, boottimeMs: 11 * HOUR, wallMs: 0 },
      want: HOUR,
    },
    { what: 'of the service, past the end', now: { ...kept, boottimeMs: 12 * HOUR }, want: 0 },
    {
      what: 'of the machine, the time that it was off counts',
      now: { wallMs: 101 * HOUR, boottimeMs: MINUTE, bootId: 'two' },
      want: HOUR,
    },
    {
      what: 'of the machine at once, a power cut takes what the checkpoint is ahead',
      now: { wallMs: 100 * HOUR + 30_000, boottimeMs: 0, bootId: 'two' },
      want: 2 * HOUR - AHEAD_MS,
    },
    {
      what: 'of the machine with its clock set back, no more is left than was',
      now: { wallMs: 5 * HOUR, boottimeMs: 0, bootId: 'two' },
      want: 2 * HOUR - AHEAD_MS,
    },
    {
      what: 'of the machine with its clock set forward, it has ended',
      now: { wallMs: 1_000 * HOUR, boottimeMs: 0, bootId: 'two' },
      want: 0,
    },
  ])('$what', ({ now, want }) => {
    expect(leftMs(restoredGrants(stored, now), now)).toBe(want);
  });

  it('names the end by the wall clock as it is then', () => {
    const now = { wallMs: 5 * HOUR, boottimeMs: 0, bootId: 'two' };
    const [grant] = restoredGrants(stored, now);
    expect(grant?.expiresAt).toEqual(timestampOf(now.wallMs + 2 * HOUR - AHEAD_MS));
  });
});

describe('whatever happens', () => {
  /** A time of running, how it ends, how long the machine is off, and what the wall clock says then. */
  const life = fc.record({
    runsMs: fc.nat(20 * MINUTE),
    orderly: fc.boolean(),
    reboots: fc.boolean(),
    offMs: fc.nat(HOUR),
    wallJumpMs: fc.integer({ min: -1_000 * HOUR, max: 1_000 * HOUR }),
  });

  it('a grant is never live for longer than it was given, by any clock (property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 2 * HOUR }), fc.array(life, { maxLength: 30 }), (lifetimeMs, lives) => {
        let now: Instant = { wallMs: 50 * HOUR, boottimeMs: 0, bootId: '0' };
        let grants: readonly Grant[] = [grantThatEndsAt(lifetimeMs)];
        let liveMs = 0;
        const pass = (ms: number, more: Partial<Instant> = {}): void => {
          now = { ...now, wallMs: now.wallMs + ms, boottimeMs: now.boottimeMs + ms, ...more };
        };
        for (const { runsMs, orderly, reboots, offMs, wallJumpMs } of lives) {
          liveMs += Math.min(runsMs, leftMs(grants, now));
          // A checkpoint at the start, and one each minute.
          pass(Math.floor(runsMs / MINUTE) * MINUTE);
          let stored = checkpointOf(policyOf(grants, now.bootId), now, AHEAD_MS);
          pass(runsMs % MINUTE);
          if (orderly) stored = checkpointOf(policyOf(grants, now.bootId), now, 0);
          if (!reboots) continue;
          pass(offMs, { bootId: `${now.bootId}+`, boottimeMs: 0, wallMs: Math.max(0, now.wallMs + wallJumpMs) });
          grants = restoredGrants({ ...stored, changes: [] }, now);
        }
        expect(liveMs).toBeLessThanOrEqual(lifetimeMs);
      }),
    );
  });
});
