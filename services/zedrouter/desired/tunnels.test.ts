import { describe, expect, it } from '@jest/globals';

import type { DeviceModel, NetworkInstance, WireGuardTunnel } from '../../../lib/configuration/index.js';
import { PREFERENCE } from '../../../lib/dataplane-layout/index.js';
import { formatElement, formatRoute, formatRule } from '../../../lib/netlink/index.js';
import { NO_IDS, idsFor } from '../ids/ids.js';
import { facts, INPUTS, MODEL, NI_DEFAULT, PORTS, selection } from '../testing/ship.js';
import { desire } from './desire.js';
import type { DesireInputs } from './inputs.js';
import { localInstances } from './local-instances.js';
import { outOfServiceBecause, portNetworks } from './overlap.js';
import { appTermsOf } from './port-terms.js';
import { SETS, type SetName } from './sets.js';
import { desiredTunnels } from './tunnels.js';

const PEER = {
  publicKey: Buffer.alloc(32, 1).toString('base64'),
  endpoint: { host: { kind: 'address', family: 4, address: '203.0.113.1' }, port: 51_820 },
  keepaliveSeconds: 25,
  allowedPrefixes: [{ address: '0.0.0.0', length: 0 }],
} as const;
const TUNNEL: WireGuardTunnel = {
  privateKeyFile: '/etc/key',
  addresses: ['10.200.0.2'],
  peers: [PEER],
  isRouted: false,
};

/** The ship whose first network instance is behind a tunnel. */
function behind(tunnel: Partial<WireGuardTunnel> = {}, more: Partial<NetworkInstance> = {}): DesireInputs {
  const networkInstances = MODEL.networkInstances.map((instance) =>
    instance.id === NI_DEFAULT
      ? { ...instance, ...more, kind: 'cloud' as const, tunnel: { ...TUNNEL, ...tunnel } }
      : instance,
  );
  const apps = MODEL.apps.map((app) => ({
    ...app,
    interfaces: app.interfaces.map((each) => ({ ...each, portMaps: [], accessList: each.accessList.slice(0, 1) })),
  }));
  const model: DeviceModel = { ...MODEL, networkInstances, apps };
  return { ...INPUTS, model, ids: idsFor(model, NO_IDS), tunnelsUp: new Set(['tn1']) };
}

const elementsOf = (inputs: DesireInputs, set: SetName): readonly string[] =>
  [...desire(inputs).elements[set].values()].map((each) => formatElement(SETS[set], each));
const ownTable = (inputs: DesireInputs): readonly string[] =>
  [...desire(inputs).routes.values()]
    .filter(({ table }) => table === 229_001)
    .map((route) => formatRoute(route).replace(' table 229001', '').replace(' proto 229', ''));

describe('a network instance behind a tunnel', () => {
  it('leads into the tunnel by a table of its own, and nowhere else, whichever ports it may use', () => {
    const rules = [...desire(behind()).rules.values()].map(formatRule).filter((text) => text.includes('10.77.0.0/24'));
    expect(rules).toEqual([
      'pref 10000 from 10.77.0.0/24 lookup 229001 protocol 229',
      'pref 10009 from 10.77.0.0/24 unreachable protocol 229',
      'pref 9050 from 10.77.0.0/24 fwmark 0xe0000000/0xf0000000 lookup 229001 protocol 229',
    ]);
    expect(ownTable(behind())).toEqual(['default dev tn1 src 10.200.0.2 metric 1', 'unreachable default metric 1000']);
    expect(ownTable({ ...behind(), tunnelsUp: new Set() })).toEqual(['unreachable default metric 1000']);
  });

  it('has in its table what its peers have', () => {
    const allowedPrefixes = [
      { address: '10.8.0.0', length: 16 },
      { address: '192.0.2.7', length: 32 },
    ];
    expect(ownTable(behind({ peers: [{ ...PEER, allowedPrefixes }] }))).toEqual([
      '10.8.0.0/16 dev tn1 src 10.200.0.2 metric 1',
      '192.0.2.7 dev tn1 src 10.200.0.2 metric 1',
      'unreachable default metric 1000',
    ]);
  });

  it('has the outside of its tunnel follow the ranking by mark, standby armed', () => {
    const rules = [...desire(behind()).rules.values()].map(formatRule).filter((text) => text.includes('0xef100001'));
    expect(rules).toEqual([
      ...[501, 502, 503].map((table, place) => `pref ${10_000 + place} fwmark 0xef100001 lookup ${table} protocol 229`),
      'pref 10009 fwmark 0xef100001 unreachable protocol 229',
    ]);
    expect(elementsOf(behind(), 'tunnel_ranking')).toEqual(['0xef100001 : 0xe0000123']);
    expect(elementsOf(behind(), 'tunnel_permitted')).toEqual(
      ['eth0', 'wwan0', 'sat0'].map((port) => `0xef100001 . "${port}"`),
    );
    expect(elementsOf({ ...behind(), selections: new Map() }, 'tunnel_ranking')).toEqual(['0xef100001 : 0xe000000f']);
  });

  it('moves by one element and the visible rules, and its apps do not notice', () => {
    const moved = { ...behind(), selections: new Map([[NI_DEFAULT, selection(['wwan0', 'eth0', 'sat0'])]]) };
    const of = (inputs: DesireInputs) =>
      (['ni_ranking', 'ni_zone', 'permitted', 'flow_mark', 'port_path'] as const).map((set) =>
        elementsOf(inputs, set).filter((text) => /bn1|tn1/.test(text)),
      );
    expect(of(moved)).toEqual(of(behind()));
    expect(elementsOf(moved, 'tunnel_ranking')).toEqual(['0xef100001 : 0xe0000213']);
    expect(of(behind())).toEqual([
      ['"bn1" : 0xef110001'],
      ['"bn1" : 1'],
      ['"bn1" . "tn1"'],
      ['"bn1" . "tn1" : 0xe0200001'],
      ['0xe0200000 . "tn1"'],
    ]);
  });

  it('lets a port that a grant alone permits go with the grant', () => {
    const granted = { ...selection(['eth0', 'sat0']), grantedUntilMs: new Map([['sat0', 5_000]]) };
    const inputs = { ...behind(), selections: new Map([[NI_DEFAULT, granted]]) };
    const ends = [...desire(inputs).elements.tunnel_permitted.values()].map(({ endsAtBoottimeMs }) => endsAtBoottimeMs);
    expect(ends).toEqual([undefined, 5_000]);
  });

  it('has its apps leave with the address of the tunnel, or with their own where it is routed', () => {
    expect(elementsOf(behind(), 'tunnel_source')).toEqual(['"bn1" . "tn1" : 10.200.0.2']);
    expect(elementsOf(behind(), 'tunnel_routed')).toEqual([]);
    expect(elementsOf(behind({ isRouted: true }), 'tunnel_source')).toEqual([]);
    expect(elementsOf(behind({ isRouted: true }), 'tunnel_routed')).toEqual(['"bn1" . "tn1"']);
  });

  it('keeps inside what the device sends there itself', () => {
    const rules = [...desire(behind()).rules.values()].filter(({ preference }) => preference === PREFERENCE.tunnel);
    expect(rules.map(formatRule)).toEqual([
      'pref 14700 oif tn1 lookup 229001 protocol 229',
      'pref 14700 from 10.200.0.2 lookup 229001 protocol 229',
    ]);
  });

  it('asks for names inside the tunnel, and nobody where no server is named', () => {
    const [first] = MODEL.networkInstances;
    const network = first?.network === undefined ? undefined : { ...first.network, dnsServers: ['10.8.0.53'] };
    expect(desire(behind()).nameServices.get('bn1')?.servers).toBe('');
    expect(desire(behind({}, { network })).nameServices.get('bn1')?.servers).toBe('server=10.8.0.53@tn1\n');
  });

  it.each([
    { configured: 0, ofPorts: [1500, 1500, 1500], mtu: 1420 },
    { configured: 0, ofPorts: [1500, 1430, 1500], mtu: 1360 },
    { configured: 1300, ofPorts: [1500, 1500, 1500], mtu: 1300 },
    { configured: 1440, ofPorts: [1500, 1500, 1500], mtu: 1424 },
    { configured: 1400, ofPorts: [1500, 1400, 1500], mtu: 1328 },
  ])('fits into the packets of every port: $mtu of $ofPorts where $configured is configured', (given) => {
    const ports = new Map(
      [...PORTS.keys()].map((label, index) => [label, { ...facts(label, 2 + index), mtu: given.ofPorts[index] ?? 0 }]),
    );
    const { model } = behind({}, { mtu: given.configured });
    const terms = appTermsOf(model, ports).get(NI_DEFAULT);
    expect(terms?.mtu).toBe(given.mtu);
    expect(terms?.notices.some((notice) => notice.includes('is lowered to'))).toBe(given.configured > given.mtu);
  });

  it('tells its apps of what the peers have', () => {
    const routes = (allowedPrefixes: WireGuardTunnel['peers'][number]['allowedPrefixes']) => {
      const terms = appTermsOf(behind({ peers: [{ ...PEER, allowedPrefixes }] }).model, PORTS).get(NI_DEFAULT);
      return [terms?.hasDefaultRoute, terms?.routes];
    };
    const network = { address: '10.8.0.0', length: 16 };
    expect(routes([{ address: '0.0.0.0', length: 0 }, network])).toEqual([true, []]);
    expect(routes([network])).toEqual([false, [network]]);
  });
});

describe('a tunnel whose address lies in a port’s network', () => {
  it('is out of service, and does not take the port’s own packets', () => {
    const inputs = behind({ addresses: ['192.0.2.10'] });
    const texts = [...desire(inputs).rules.values()].map(formatRule);
    expect(texts.filter((text) => text.includes('from 192.0.2.10 '))).toEqual([
      'pref 15000 from 192.0.2.10 lookup 501 protocol 229',
    ]);
    expect(desiredTunnels(inputs)).toEqual(new Map());
    expect(elementsOf(inputs, 'tunnel_ranking')).toEqual(['0xef100001 : 0xe000000f']);
    const [instance] = localInstances(inputs.model);
    expect(instance && outOfServiceBecause(instance, portNetworks(PORTS.values()))).toContain(
      "its tunnel's address 192.0.2.10 lies in the network of port eth0 (192.0.2.10/24)",
    );
  });
});

describe('desiredTunnels', () => {
  it('are the devices, with the port that each leaves by now', () => {
    expect(desiredTunnels(behind())).toEqual(
      new Map([
        [
          'tn1',
          {
            ...{ niId: NI_DEFAULT, name: 'tn1', privateKeyFile: '/etc/key', addresses: ['10.200.0.2'], mtu: 1420 },
            ...{ mark: 0xef100001, peers: [PEER], port: PORTS.get('eth0') },
          },
        ],
      ]),
    );
    expect(desiredTunnels({ ...behind(), selections: new Map() }).get('tn1')?.port).toBeUndefined();
    expect(desiredTunnels(INPUTS)).toEqual(new Map());
  });
});
