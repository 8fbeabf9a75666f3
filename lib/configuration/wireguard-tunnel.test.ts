import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

import { configFromJson, fieldNotices, interpret } from './index.js';
import {
  app,
  fieldsOf,
  local,
  modelOf,
  portMap,
  publicKey,
  ship,
  tunnelled,
  uuid,
  type Json,
} from './testing/ship-json.js';

const PEER = { publicKey: publicKey(1), endpoint: 'vpn.example.com:51820', allowedPrefixes: ['0.0.0.0/0'] };
const TUNNEL = 'networkInstances[0].wireguard';

describe('a WireGuard tunnel', () => {
  it('is read, with defaults for what is not said', () => {
    const more = {
      addresses: ['10.200.0.2', '10.200.1.2'],
      peers: [
        PEER,
        {
          ...{ publicKey: publicKey(2), endpoint: '192.0.2.9:1', keepalive: '0s', allowedPrefixes: ['192.0.2.0/24'] },
        },
      ],
      routed: true,
    };
    const [instance] = modelOf(ship({ networkInstances: [tunnelled(1, more)] })).networkInstances;
    expect(instance).toMatchObject({ kind: 'cloud', network: { subnet: '10.1.0.0', gateway: '10.1.0.1' } });
    expect(instance?.tunnel).toEqual({
      privateKeyFile: '/etc/eve-uplink/wireguard.key',
      addresses: ['10.200.0.2', '10.200.1.2'],
      isRouted: true,
      peers: [
        {
          publicKey: publicKey(1),
          endpoint: { host: { kind: 'name', name: 'vpn.example.com' }, port: 51_820 },
          keepaliveSeconds: 25,
          allowedPrefixes: [{ address: '0.0.0.0', length: 0 }],
        },
        {
          publicKey: publicKey(2),
          endpoint: { host: { kind: 'address', family: 4, address: '192.0.2.9' }, port: 1 },
          keepaliveSeconds: 0,
          allowedPrefixes: [{ address: '192.0.2.0', length: 24 }],
        },
      ],
    });
  });

  it.each<[string, Json, string]>([
    ['no key file', { privateKeyFile: '' }, `${TUNNEL}.privateKeyFile`],
    ['a relative key file', { privateKeyFile: 'key' }, `${TUNNEL}.privateKeyFile`],
    ['a key file that is elsewhere', { privateKeyFile: '/etc/../root/key' }, `${TUNNEL}.privateKeyFile`],
    ['a key file with a new line', { privateKeyFile: '/etc/key\n' }, `${TUNNEL}.privateKeyFile`],
    ['no address', { addresses: [] }, `${TUNNEL}.addresses`],
    ['an address with a length', { addresses: ['10.200.0.1/24'] }, `${TUNNEL}.addresses[0]`],
    ['an address of IPv6', { addresses: ['2001:db8::1'] }, `${TUNNEL}.addresses[0]`],
    ['an address twice', { addresses: ['10.200.0.1', '10.200.0.1'] }, `${TUNNEL}.addresses[1]`],
    ['an address of the apps', { addresses: ['10.1.0.9'] }, `${TUNNEL}.addresses[0]`],
    ['no peer', { peers: [] }, `${TUNNEL}.peers`],
    ['a short key', { peers: [{ ...PEER, publicKey: 'AAAA' }] }, `${TUNNEL}.peers[0].publicKey`],
    ['a key of zeros', { peers: [{ ...PEER, publicKey: publicKey(0) }] }, `${TUNNEL}.peers[0].publicKey`],
    [
      'a key with stray bits at its end',
      { peers: [{ ...PEER, publicKey: publicKey(1).replace('E=', 'F=') }] },
      `${TUNNEL}.peers[0].publicKey`,
    ],
    [
      'an endpoint without a port',
      { peers: [{ ...PEER, endpoint: 'vpn.example.com' }] },
      `${TUNNEL}.peers[0].endpoint`,
    ],
    ['an endpoint without a host', { peers: [{ ...PEER, endpoint: ':51820' }] }, `${TUNNEL}.peers[0].endpoint`],
    ['an endpoint of IPv6', { peers: [{ ...PEER, endpoint: '[2001:db8::1]:1' }] }, `${TUNNEL}.peers[0].endpoint`],
    ['an endpoint with port 0', { peers: [{ ...PEER, endpoint: '192.0.2.1:0' }] }, `${TUNNEL}.peers[0].endpoint`],
    ['an endpoint with two lines', { peers: [{ ...PEER, endpoint: 'a\nb:1' }] }, `${TUNNEL}.peers[0].endpoint`],
    ['the device as its endpoint', { peers: [{ ...PEER, endpoint: '127.0.0.1:1' }] }, `${TUNNEL}.peers[0].endpoint`],
    ['parts of seconds', { peers: [{ ...PEER, keepalive: '1.5s' }] }, `${TUNNEL}.peers[0].keepalive`],
    ['a keepalive beyond 16 bits', { peers: [{ ...PEER, keepalive: '65536s' }] }, `${TUNNEL}.peers[0].keepalive`],
    ['no prefixes', { peers: [{ ...PEER, allowedPrefixes: [] }] }, `${TUNNEL}.peers[0].allowedPrefixes`],
    ['host bits', { peers: [{ ...PEER, allowedPrefixes: ['10.0.0.1/8'] }] }, `${TUNNEL}.peers[0].allowedPrefixes[0]`],
    [
      'a prefix of two peers',
      { peers: [PEER, { ...PEER, publicKey: publicKey(2) }] },
      `${TUNNEL}.peers[1].allowedPrefixes[0]`,
    ],
    ['a peer twice', { peers: [PEER, { ...PEER, allowedPrefixes: ['192.0.2.0/24'] }] }, `${TUNNEL}.peers[1].publicKey`],
  ])('is refused with %s', (_what, more, field) => {
    expect(fieldsOf(ship({ networkInstances: [tunnelled(1, more)] }))).toEqual([field]);
  });

  it.each<[string, Json, string]>([
    ['for a local network instance', { instType: 'ZnetInstLocal' }, TUNNEL],
    ['without ports', { port: { name: '' } }, 'networkInstances[0].port.name'],
    [
      'beside static routes',
      { staticRoutes: [{ destinationNetwork: '192.0.2.0/24', port: 'eth0' }] },
      'networkInstances[0].staticRoutes[0]',
    ],
    ["beside its ports' networks", { propagateConnectedRoutes: true }, 'networkInstances[0].propagateConnectedRoutes'],
    [
      'with a target inside',
      {
        test: { target: 'tcp://198.51.100.7:80', furtherTargets: ['192.0.2.1', 'icmp://10.8.0.1'] },
        wireguard: {
          ...(tunnelled(1).wireguard as Json),
          peers: [{ ...PEER, allowedPrefixes: ['0.0.0.0/0', '10.8.0.0/16'] }],
        },
      },
      'networkInstances[0].test.furtherTargets[1]',
    ],
    ['without a subnet', { ip: {} }, 'networkInstances[0].ip.subnet'],
  ])('is refused %s', (_what, more, field) => {
    expect(fieldsOf(ship({ networkInstances: [{ ...tunnelled(1), ...more }] }))).toEqual([field]);
  });

  it('shares neither subnet nor address with others', () => {
    const shared = { ...tunnelled(2), ip: { subnet: '10.1.0.0/16' } };
    expect(fieldsOf(ship({ networkInstances: [local(1), shared] }))).toEqual(['networkInstances[1].ip.subnet']);
    const same = tunnelled(2, { addresses: ['10.200.0.1'] });
    expect(fieldsOf(ship({ networkInstances: [tunnelled(1), same] }))).toEqual([
      'networkInstances[1].wireguard.addresses[0]',
    ]);
  });

  it('is pushed as docs/operation.md shows it, without a word against it', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/operation.md'), 'utf8');
    const [, yaml = ''] = /```yaml\n(networkInstances:\n[^`]*instType: ZnetInstCloud[^`]*)```/.exec(page) ?? [];
    const config = configFromJson(ship(parse(yaml) as Json));
    const read = interpret(config);
    expect(read.kind === 'invalid' ? read.problems : []).toEqual([]);
    const [instance] = read.kind === 'valid' ? read.model.networkInstances : [];
    expect([instance?.kind, instance?.tunnel?.addresses]).toEqual(['cloud', ['10.200.0.2']]);
    expect(fieldNotices(config)).toEqual({ refused: [], warned: [] });
  });

  it('has no port maps', () => {
    const json = ship({ networkInstances: [tunnelled(1)], apps: [app(1, 1, { acls: [portMap('80')] })] });
    expect(fieldsOf(json)).toEqual(['apps[0].interfaces[0].acls[0]']);
    expect(modelOf(ship({ networkInstances: [tunnelled(1)] })).networkInstances[0]?.id).toBe(uuid(1));
  });
});
