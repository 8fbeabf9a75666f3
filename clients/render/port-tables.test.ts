import { describe, expect, it } from '@jest/globals';

import { PortRoute, PortStatus } from '../../gen/nim/v1/port_status.js';
import { portTable } from './port-tables.js';

const addresses = [{ address: '192.0.2.7', prefixLength: 24, deprecated: false }];
const wayOut = PortRoute.fromPartial({ destination: '0.0.0.0' });
const further = PortRoute.fromPartial({ destination: '10.50.0.0', prefixLength: 16, gateway: '192.0.2.254' });

describe('portTable', () => {
  it.each<[string, Partial<Pick<PortStatus, 'addresses' | 'gateways' | 'routes'>>, RegExp]>([
    ['gateways', { addresses, gateways: ['192.0.2.1'], routes: [wayOut] }, / 192\.0\.2\.1$/],
    ['a way out without a gateway', { addresses, routes: [wayOut] }, / on the link$/],
    ['no way out', { addresses, routes: [further] }, / no default route$/],
    ['no address', {}, / - +-$/],
  ])('says what leads out of a port: %s', (_what, port, want) => {
    expect(portTable([PortStatus.fromPartial({ logicalLabel: 'eth0', ...port })], 0, {})).toMatch(want);
  });
});
