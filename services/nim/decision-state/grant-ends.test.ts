import { beforeEach, describe, expect, it } from '@jest/globals';

import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { VirtualClock } from '../../../lib/clock/index.js';
import type { Grant } from '../../../lib/configuration/index.js';
import { GrantEnds } from './grant-ends.js';
import type { ConfigurationInForce } from '../publish/index.js';
import { configurationOf } from '../testing/model.js';

function grant(id: string, endsAtBoottimeMs: number): Grant {
  return {
    id,
    operation: NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD,
    priorities: [2],
    networkInstanceId: undefined,
    reason: 'drill',
    author: 'ops',
    expiresAtWallMs: 0,
    endsAtBoottimeMs,
  };
}

function configurationWith(grants: readonly Grant[]): ConfigurationInForce {
  const configuration = configurationOf(1n, { ports: [], networkInstances: [] });
  return { ...configuration, model: { ...configuration.model, grants } };
}

let clock: VirtualClock;
let ends: GrantEnds;
let handedOn: string[];

beforeEach(() => {
  clock = new VirtualClock(undefined, 5_000);
  handedOn = [];
  ends = new GrantEnds({
    clock,
    onConfiguration: ({ model }, ended) => {
      const names = (grants: readonly Grant[]): string => grants.map(({ id }) => id).join(' ') || '-';
      handedOn.push(`${clock.boottimeMs()}: ${names(model.grants)}; ended ${names(ended)}`);
    },
  });
});

describe('GrantEnds', () => {
  it('hands a configuration on at once, and again when each grant ends', () => {
    ends.take(configurationWith([grant('a', 8_500), grant('b', 65_000)]));
    clock.advance(3_499);
    expect(handedOn).toEqual(['5000: a b; ended -']);
    clock.advance(100_000);
    expect(handedOn.slice(1)).toEqual(['8500: b; ended a', '65000: -; ended b']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves out what has ended already', () => {
    ends.take(configurationWith([grant('a', 5_000), grant('b', 5_001)]));
    expect(handedOn).toEqual(['5000: b; ended -']);
  });

  it('waits for nothing where there is no grant', () => {
    ends.take(configurationWith([]));
    expect([handedOn, clock.pendingTimers]).toEqual([['5000: -; ended -'], 0]);
  });

  it('checks again within a second of waking up', () => {
    ends.take(configurationWith([grant('a', 100_000)]));
    clock.advance(500);
    clock.sleepMachine(200_000);
    clock.advance(1_000);
    expect(handedOn.at(-1)).toMatch(/; ended a$/);
  });

  it('does not care for the wall clock', () => {
    ends.take(configurationWith([grant('a', 10_000)]));
    clock.setWall(Date.UTC(2050, 1));
    clock.advance(4_999);
    expect(handedOn).toHaveLength(1);
    clock.setWall(0);
    clock.advance(1);
    expect(handedOn.at(-1)).toBe('10000: -; ended a');
  });

  it('forgets the grants of a configuration that another has replaced', () => {
    ends.take(configurationWith([grant('a', 10_000)]));
    ends.take(configurationWith([]));
    clock.advance(60_000);
    expect(handedOn).toHaveLength(2);
  });
});
