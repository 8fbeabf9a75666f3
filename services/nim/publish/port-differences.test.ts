import { describe, expect, it } from '@jest/globals';

import { physical, portOf, uuid, type Json } from '../../../lib/configuration/testing/ship-json.js';
import { missingPort, type ObservedRoute, type PortObservation } from '../../../lib/decision/snapshot/index.js';
import { portDifferences } from './port-differences.js';

function present(addresses: readonly string[], gateway: string | undefined, mtu: number): PortObservation {
  const everywhere = { address: '0.0.0.0', prefixLength: 0 };
  const route = { destination: everywhere, gateway, source: undefined, metric: 0, isOnLink: false };
  const routes: readonly ObservedRoute[] = gateway === undefined ? [] : [route];
  const found = addresses.map((address) => ({ address, prefixLength: 24 }));
  return { kind: 'present', link: 'up', index: 2, macAddress: '', mtu, addresses: found, routes, dnsServers: [] };
}

const portWith = (adapter: Json, network: Json) =>
  portOf({
    deviceIoList: [physical('eth0')],
    networks: [{ id: uuid(1), ...network }],
    systemAdapterList: [{ name: 'eth0', networkUUID: uuid(1), ...adapter }],
  });
const fixed = { ip: { dhcp: 'Static', subnet: '192.0.2.0/24', gateway: '192.0.2.1' } };

describe('differences of a port', () => {
  it.each<[string, Json, Json, PortObservation, readonly string[]]>([
    ['as configured', { addr: '192.0.2.7' }, fixed, present(['192.0.2.7'], '192.0.2.1', 1500), []],
    ['by DHCP', {}, { ip: { dhcp: 'Client' } }, present(['10.0.0.5'], '10.0.0.1', 1500), []],
    [
      'with another address and gateway',
      { addr: '192.0.2.7/24' },
      fixed,
      present(['10.0.0.5'], '10.0.0.1', 1500),
      [
        'its address is 10.0.0.5, and 192.0.2.7 is configured',
        'its address is 10.0.0.5, and one in 192.0.2.0/24 is configured',
        'its gateway is 10.0.0.1, and 192.0.2.1 is configured',
      ],
    ],
    [
      'without an address',
      {},
      fixed,
      present([], undefined, 1500),
      ['it has no address, and one in 192.0.2.0/24 is configured'],
    ],
    [
      'with another MTU',
      {},
      { mtu: 1400, ip: { dhcp: 'Client' } },
      present(['10.0.0.5'], '10.0.0.1', 1500),
      ['its MTU is 1500, and 1400 is configured'],
    ],
    ['that is missing', { addr: '192.0.2.7' }, fixed, missingPort, []],
  ])('%s', (_what, adapter, network, observation, differences) => {
    expect(portDifferences(portWith(adapter, network), observation)).toEqual(differences);
  });
});
