import { describe, expect, it } from '@jest/globals';

import { fieldsOf, local, modelOf, ship, type Json } from './testing/ship-json.js';

const withRoutes = (...staticRoutes: Json[]): Json => ship({ networkInstances: [local(1, { staticRoutes })] });

describe('static routes', () => {
  it.each<[string, Json[], object[]]>([
    [
      'by a gateway',
      [{ destinationNetwork: '198.51.100.0/24', gateway: '192.0.2.9' }],
      [{ destination: { address: '198.51.100.0', length: 24 }, via: { kind: 'gateway', address: '192.0.2.9' } }],
    ],
    [
      'by a label',
      [{ destinationNetwork: '198.51.100.7/32', port: 'wwan0' }],
      [
        {
          destination: { address: '198.51.100.7', length: 32 },
          via: { kind: 'ports', label: 'wwan0', target: undefined },
        },
      ],
    ],
    [
      'the default route, whose probe stands beside its way',
      [{ probe: { enableGwPing: true } }, { destinationNetwork: '0.0.0.0/0', port: 'uplink' }],
      [{ destination: { address: '0.0.0.0', length: 0 }, via: { kind: 'ports', label: 'uplink', target: undefined } }],
    ],
    [
      'of IPv6, and by no way: none',
      [
        { destinationNetwork: '2001:db8::/32', port: 'a' },
        { destinationNetwork: '10.9.0.0/16' },
        { probe: { enableGwPing: true } },
      ],
      [],
    ],
    [
      'to a network that the subnet is a part of',
      [{ destinationNetwork: '10.0.0.0/8', port: 'wwan0' }],
      [{ destination: { address: '10.0.0.0', length: 8 }, via: { kind: 'ports', label: 'wwan0', target: undefined } }],
    ],
  ])('%s', (_what, routes, want) => {
    expect(modelOf(withRoutes(...routes)).networkInstances[0]?.staticRoutes).toEqual(want);
  });

  it.each<[string, Json[], string]>([
    ['a destination with host bits', [{ destinationNetwork: '198.51.100.1/24', port: 'a' }], '[0].destinationNetwork'],
    ['a destination that is none', [{ destinationNetwork: 'office', port: 'a' }], '[0].destinationNetwork'],
    ['its own subnet', [{ destinationNetwork: '10.1.0.0/24', port: 'a' }], '[0].destinationNetwork'],
    ['a part of its own subnet', [{ destinationNetwork: '10.1.0.128/25', port: 'a' }], '[0].destinationNetwork'],
    ['gateway and port', [{ destinationNetwork: '10.9.0.0/16', gateway: '192.0.2.1', port: 'a' }], '[0].gateway'],
    ['a gateway that is none', [{ destinationNetwork: '10.9.0.0/16', gateway: '::1' }], '[0].gateway'],
    ['its own bridge as the gateway', [{ destinationNetwork: '10.9.0.0/16', gateway: '10.1.0.1' }], '[0].gateway'],
    ['a label with quotes', [{ destinationNetwork: '10.9.0.0/16', port: '"' }], '[0].port'],
    [
      'a destination twice',
      [
        { destinationNetwork: '10.9.0.0/16', port: 'a' },
        { destinationNetwork: '10.9.0.0/16', gateway: '192.0.2.1' },
      ],
      '[1].destinationNetwork',
    ],
    ['too many', Array.from({ length: 33 }, (_, n) => ({ destinationNetwork: `10.9.${n}.0/24`, port: 'a' })), ''],
  ])('refuses %s', (_what, routes, field) => {
    expect(fieldsOf(withRoutes(...routes))).toEqual([`networkInstances[0].staticRoutes${field}`]);
  });
});
