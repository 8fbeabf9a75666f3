import { describe, expect, it } from '@jest/globals';

import { local, physical, type Json } from '../../../lib/configuration/testing/ship-json.js';
import { DecidedDevice } from '../testing/decided-device.js';

/** A ship whose first network instance has a route by the modems. */
const ship: Json = {
  deviceIoList: ['eth0', 'wwan0', 'sat0'].map((name) => physical(name)),
  systemAdapterList: [
    { name: 'eth0', uplink: true },
    { name: 'wwan0', uplink: true, cost: 5, sharedLabels: ['radio'] },
    { name: 'sat0', uplink: true, cost: 9, sharedLabels: ['radio'] },
  ],
  networkInstances: [
    local(1, { staticRoutes: [{ destinationNetwork: '198.51.100.0/24', port: 'radio', preferLowerCost: true }] }),
    local(2, { test: { failbackHold: '1s' } }),
  ],
};

describe('NITS of a network instance with static routes', () => {
  const device = new DecidedDevice();
  const statuses = () => device.publisher.networkInstanceTestStatuses();

  it('carry a selection of its own for each, and none beside them', () => {
    device.decide(ship, { eth0: 'up', wwan0: 'up', sat0: 'up' });
    expect(statuses()).toMatchObject([
      {
        displayName: 'ni1',
        selectedPort: { logicalLabel: 'eth0' },
        routes: [
          {
            destination: '198.51.100.0/24',
            selection: {
              displayName: 'ni1 to 198.51.100.0/24',
              selectedPort: { logicalLabel: 'wwan0' },
              candidates: [
                { logicalLabel: 'wwan0', rank: 1 },
                { logicalLabel: 'sat0', rank: 2 },
                { logicalLabel: 'eth0', eligible: false },
              ],
            },
          },
        ],
      },
      { displayName: 'ni2', selectedPort: { logicalLabel: 'eth0' }, routes: [] },
    ]);
  });

  it('move by themselves, which is news of that network instance', () => {
    const before = statuses().map(({ revision }) => revision);
    device.decide(ship, { wwan0: 'no-carrier' });
    const [moved] = statuses();
    expect(moved).toMatchObject({
      selectedPort: { logicalLabel: 'eth0' },
      routes: [{ selection: { selectedPort: { logicalLabel: 'sat0' } } }],
    });
    expect(moved?.revision).toBeGreaterThan(before[0] ?? 0n);
  });
});
