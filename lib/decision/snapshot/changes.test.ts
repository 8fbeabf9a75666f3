import { describe, expect, it } from '@jest/globals';

import { describeChanges, missingPort, type PortObservation, type PresentPort } from './index.js';

const port: PresentPort = {
  kind: 'present',
  link: 'up',
  index: 7,
  macAddress: '02:00:00:00:00:01',
  addresses: [{ address: '192.0.2.7', prefixLength: 24 }],
  gateways: ['192.0.2.1'],
  dnsServers: ['192.0.2.53'],
};

const second = { address: '192.0.2.8', prefixLength: 24 };

describe('describeChanges', () => {
  it.each<[string, PortObservation | undefined, PortObservation, readonly string[]]>([
    ['equal', port, { ...port }, []],
    ['both missing', missingPort, { kind: 'missing' }, []],
    ['never seen', undefined, port, ['first reading']],
    ['gone', port, missingPort, ['interface missing']],
    ['there', missingPort, port, ['interface appeared']],
    ['carrier lost', port, { ...port, link: 'no-carrier' }, ['carrier lost']],
    ['carrier back', { ...port, link: 'no-carrier' }, port, ['carrier back']],
    ['off', port, { ...port, link: 'admin-down', gateways: [] }, ['switched off', 'gateway gone']],
    [
      'on without carrier',
      { ...port, link: 'admin-down' },
      { ...port, link: 'no-carrier' },
      ['switched on, no carrier'],
    ],
    ['on', { ...port, link: 'admin-down' }, port, ['switched on, carrier present']],
    ['address gone', port, { ...port, addresses: [] }, ['address 192.0.2.7/24 gone']],
    ['address added', port, { ...port, addresses: [...port.addresses, second] }, ['address 192.0.2.8/24 added']],
    [
      'another address',
      port,
      { ...port, addresses: [second] },
      ['address 192.0.2.7/24 gone', 'address 192.0.2.8/24 added'],
    ],
    [
      'another order of addresses',
      { ...port, addresses: [...port.addresses, second] },
      { ...port, addresses: [second, ...port.addresses] },
      ['address 192.0.2.8/24 is now the first'],
    ],
    [
      'another prefix',
      port,
      { ...port, addresses: [{ address: '192.0.2.7', prefixLength: 25 }] },
      ['address 192.0.2.7/24 gone', 'address 192.0.2.7/25 added'],
    ],
    ['another index', port, { ...port, index: 8 }, ['interface index changed']],
    [
      'another MAC address',
      port,
      { ...port, macAddress: '02:00:00:00:00:02' },
      ['MAC address is now 02:00:00:00:00:02'],
    ],
    [
      'another gateway',
      port,
      { ...port, gateways: ['192.0.2.254', '192.0.2.1'] },
      ['gateway now 192.0.2.254, 192.0.2.1'],
    ],
    ['no name servers', port, { ...port, dnsServers: [] }, ['name servers gone']],
  ])('%s', (_what, before, after, want) => {
    expect(describeChanges(before, after)).toEqual(want);
  });
});
