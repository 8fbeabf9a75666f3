import { describe, expect, it } from '@jest/globals';

import { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { boundedNotices, fieldNotices } from './field-notices.js';
import { configFromJson } from './json.js';
import { app, local, ship, uuid, type Json } from './testing/ship-json.js';

const noticesOf = (json: Json) => fieldNotices(configFromJson(json));

const withProxy = (proxy: Json): Json => ({ networks: [{ id: uuid(1), entProxy: { proxies: [proxy] } }] });

describe('notices about fields', () => {
  it.each<[string, Json, string, RegExp]>([
    [
      'a field',
      { networkInstances: [local(1), local(2, { forwardLldp: true })] },
      'networkInstances[1].forwardLldp',
      /LLDP/,
    ],
    [
      'all below a field, once',
      { networkInstances: [local(1, { stp: { portsWithBpduGuard: 'eth0' } })] },
      'networkInstances[0].stp',
      /spanning tree is of switches, and not built/,
    ],
    [
      'a field of a oneof',
      { bonds: [{ logicallabel: 'b', mii: { interval: 5 } }] },
      'bonds[0].mii',
      /the host must make the bond/,
    ],
    [
      'a route of IPv6',
      { networkInstances: [local(1, { staticRoutes: [{ destinationNetwork: '2001:db8::/32' }] })] },
      'networkInstances[0].staticRoutes[0].destinationNetwork',
      /IPv4 only/,
    ],
    [
      'a route without a way',
      { networkInstances: [local(1, { staticRoutes: [{ destinationNetwork: '10.9.0.0/16' }] })] },
      'networkInstances[0].staticRoutes[0].destinationNetwork',
      /neither gateway nor port/,
    ],
    [
      'a time server by name',
      { networkInstances: [local(1, { ip: { subnet: '10.1.0.0/24', moreNtp: ['192.0.2.1', 'time.example'] } })] },
      'networkInstances[0].ip.moreNtp[1]',
      /by IPv4 address only/,
    ],
    [
      'a setting about the network',
      { configItems: [{ key: 'network.fallback.any.eth', value: 'true' }] },
      'configItems[0].key',
      /not read/,
    ],
    [
      'a proxy that is to be found',
      { networks: [{ id: uuid(1), entProxy: { networkProxyEnable: true } }] },
      'networks[0].entProxy.networkProxyEnable',
      /not discovered/,
    ],
    [
      'a program that says which proxy',
      { networks: [{ id: uuid(1), entProxy: { networkProxyURL: 'http://wpad.example/proxy.pac' } }] },
      'networks[0].entProxy.networkProxyURL',
      /PAC is not evaluated/,
    ],
    [
      'a proxy, that apps do not go by it',
      withProxy({ server: 'proxy.example', port: 3128 }),
      'networks[0].entProxy.proxies[0].server',
      /apps are not proxied/,
    ],
  ])('warn of %s', (_what, json, field, description) => {
    expect(noticesOf(json)).toEqual({
      refused: [],
      warned: [{ field, description: expect.stringMatching(description) as unknown }],
    });
  });

  it.each<[string, Json, string]>([
    [
      'spanning tree of an active switch',
      { networkInstances: [local(1, { instType: 'ZnetInstSwitch', stp: { portsWithBpduGuard: 'eth0' } })] },
      'networkInstances[0].stp',
    ],
    [
      'VLANs of an active switch',
      { networkInstances: [local(1, { instType: 'ZnetInstSwitch', vlanAccessPorts: [{ vlanId: 7 }] })] },
      'networkInstances[0].vlanAccessPorts',
    ],
    [
      'an active tunnel',
      { networkInstances: [local(1, { instType: 'ZnetInstCloud' })] },
      'networkInstances[0].instType',
    ],
    ['a device that is none', { id: { uuid: 'ship-7' } }, 'id.uuid'],
    [
      'a login to a proxy',
      withProxy({ server: 'me:secret@proxy.example', port: 80 }),
      'networks[0].entProxy.proxies[0].server',
    ],
    ['a proxy without a port', withProxy({ server: 'proxy.example' }), 'networks[0].entProxy.proxies[0].server'],
    ['a proxy without a host', withProxy({ port: 3128 }), 'networks[0].entProxy.proxies[0].port'],
    [
      'an exception that is none',
      { networks: [{ id: uuid(1), entProxy: { exceptions: 'a.example b/c' } }] },
      'networks[0].entProxy.exceptions',
    ],
    [
      'a certificate that is none',
      { networks: [{ id: uuid(1), entProxy: { proxyCertPEM: ['AAAA'] } }] },
      'networks[0].entProxy.proxyCertPEM[0]',
    ],
  ])('refuse %s', (_what, json, field) => {
    expect(noticesOf(json).refused.map((one) => one.field)).toEqual([field]);
  });

  it.each<[string, Json]>([
    ['the ship', ship({ networkInstances: [local(1)], apps: [app(1, 1)] })],
    ['a switch', { networkInstances: [local(1, { instType: 'ZnetInstSwitch', forwardLldp: true })] }],
    ['a switch that is not active', { networkInstances: [local(1, { instType: 'ZnetInstSwitch', activate: false })] }],
    ['messages in which nothing stands', { networks: [{ id: uuid(1), entProxy: {}, wireless: {} }] }],
    ['what is not about the network', { datastores: [{ id: uuid(9) }], deviceName: 'x', edgeview: { token: 'x' } }],
  ])('say nothing of %s', (_what, json) => {
    expect(noticesOf(json)).toEqual({ refused: [], warned: [] });
  });

  it('warn of fields that this version does not know', () => {
    const config = EdgeDevConfig.fromPartial({ networkInstances: [{}] });
    const [instance] = config.networkInstances;
    if (instance !== undefined) instance._unknownFields = { [(77 << 3) | 2]: [new Uint8Array([0])] };
    expect(fieldNotices(config).warned).toEqual([
      { field: 'networkInstances[0]', description: 'field 77 is not known to this version: kept, and without effect' },
    ]);
  });
});

describe('bounded notices', () => {
  const about = (count: number, field = (index: number) => `networkInstances[${index}].stp`) =>
    Array.from({ length: count }, (_, index) => ({ field: field(index), description: 'not built' }));

  it('name the first places, and how many more there are', () => {
    expect(boundedNotices(about(3)).map(({ description }) => description)).toEqual(Array(3).fill('not built'));
    expect(boundedNotices(about(9))).toEqual([
      { field: 'networkInstances[0].stp', description: 'not built' },
      { field: 'networkInstances[1].stp', description: 'not built' },
      { field: 'networkInstances[2].stp', description: 'not built; and 6 more like it' },
    ]);
  });

  it('end, and say how many are left', () => {
    const bounded = boundedNotices(about(100, (index) => `field${index}`));
    expect(bounded.at(-1)).toEqual({ field: '', description: `and ${100 - (bounded.length - 1)} more` });
    expect(bounded.length).toBeLessThan(100);
  });
});
