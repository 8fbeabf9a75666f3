import { describe, expect, it } from '@jest/globals';

import type { PortFacts } from '../desired/inputs.js';
import { facts, wayOut } from '../testing/ship.js';
import { masqueradedAs, sourceObstacles } from './source-obstacles.js';

const at = (address: string, prefixLength = 24): PortFacts['addresses'][number] => ({
  ...{ address, prefixLength, isDeprecated: false },
});

/** eth0 with these addresses; its default route leaves by 192.0.2.10. */
function portWith(gateway: string | undefined, ...addresses: PortFacts['addresses']): PortFacts {
  return {
    ...facts('eth0', 2),
    addresses,
    gateways: gateway === undefined ? [] : [gateway],
    routes: [wayOut(gateway, '192.0.2.10')],
    sourceAddress: '192.0.2.10',
  };
}

const [own, other] = [at('192.0.2.10'), at('192.168.100.2')];

describe('the address that apps leave by', () => {
  it.each<[string, PortFacts, string | undefined]>([
    ['there is one', portWith('192.0.2.1', own), undefined],
    ['another is in another subnet than the gateway', portWith('192.0.2.1', other, own), undefined],
    ['another comes after it', portWith('192.0.2.1', own, at('192.0.2.9')), undefined],
    ['another comes first in its subnet', portWith('192.0.2.1', at('192.0.2.9'), own), '192.0.2.9'],
    ['the gateway is in no subnet', portWith('10.0.0.1', other, at('192.0.2.10', 32)), '192.168.100.2'],
    ['the gateway is one of IPv6', portWith('fe80::1', other, own), '192.168.100.2'],
    ['there is no gateway', portWith(undefined, other, own), '192.168.100.2'],
    ['nothing leads out', { ...portWith(undefined, other, own), routes: [] }, undefined],
    ['there is no address', { ...portWith('192.0.2.1'), sourceAddress: undefined }, undefined],
  ])('where %s', (_what, port, taken) => {
    const obstacles = sourceObstacles([port]);
    expect(obstacles.map(({ kind, subject }) => [kind, subject])).toEqual(
      taken === undefined ? [] : [['other-source', `${taken} on eth0`]],
    );
    for (const { detail, remedy } of obstacles) {
      expect(detail).toContain('192.0.2.10');
      expect(remedy).toContain(`ip address del ${String(taken)}/24 dev eth0`);
    }
  });

  it('is none where there is none', () => {
    expect(masqueradedAs(portWith('192.0.2.1'))).toBeUndefined();
  });
});
