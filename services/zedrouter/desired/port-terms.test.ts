import { describe, expect, it } from '@jest/globals';

import type { DeviceModel, NetworkInstance, Port } from '../../../lib/configuration/index.js';
import { desire } from './desire.js';
import type { PortFacts } from './inputs.js';
import { appTermsOf } from './port-terms.js';
import { INPUTS, MODEL, NI_DEFAULT, PORTS } from '../testing/ship.js';

function terms(
  instance: Partial<NetworkInstance>,
  changes: { readonly facts?: Partial<Record<string, Partial<PortFacts>>>; readonly port?: Partial<Port> } = {},
) {
  const [first, ...others] = MODEL.networkInstances;
  if (first === undefined) throw new Error('no network instance');
  const model: DeviceModel = {
    ...MODEL,
    ports: MODEL.ports.map((port) => ({ ...port, ...changes.port })),
    networkInstances: [{ ...first, ...instance }, ...others],
  };
  const ports = new Map([...PORTS].map(([label, facts]) => [label, { ...facts, ...changes.facts?.[label] }]));
  return { terms: appTermsOf(model, ports).get(NI_DEFAULT), model, ports };
}

const toOffice = {
  destination: { address: '198.51.100.0', length: 24 },
  via: { kind: 'ports', label: 'eth0', target: undefined },
} as const;
const everywhere = {
  destination: { address: '0.0.0.0', length: 0 },
  via: { kind: 'ports', label: 'eth0', target: undefined },
} as const;
const lte = { facts: { wwan0: { mtu: 1430 } } };
const appsOnly = { port: { usage: 'apps-shared', isManagement: false } } as const;
const withoutDefault = { eth0: { routes: [] }, wwan0: { routes: [] }, sat0: { routes: [] } };

describe('what apps are told', () => {
  it.each<[string, ReturnType<typeof terms>, object]>([
    ['MTU 0: the lowest of the ports', terms({ mtu: 0 }, lte), { mtu: 1430, notices: [] }],
    ['MTU 0, nothing known', terms({ mtu: 0, portLabel: 'nowhere' }, lte), { mtu: 1500, notices: [] }],
    ['a lower MTU than any port', terms({ mtu: 1280 }, lte), { mtu: 1280, notices: [] }],
    [
      'a higher MTU than a port: lowered, and said',
      terms({ mtu: 9000 }, lte),
      { mtu: 1430, notices: [expect.stringMatching(/MTU of 9000 is lowered to 1430.*port wwan0/)] },
    ],
    ['a port that is missing has no say', terms({ mtu: 0 }, { facts: { wwan0: { mtu: 0 } } }), { mtu: 1500 }],
    ['no routes but the default one', terms({}), { hasDefaultRoute: true, routes: [] }],
    [
      "the ports' subnets, each once",
      terms(
        { propagatesConnectedRoutes: true },
        { facts: { sat0: { addresses: PORTS.get('eth0')?.addresses ?? [] } } },
      ),
      {
        routes: [
          { address: '192.0.2.0', length: 24 },
          { address: '192.0.3.0', length: 24 },
        ],
      },
    ],
    ['static routes', terms({ staticRoutes: [toOffice] }), { routes: [toOffice.destination], hasDefaultRoute: true }],
    ['air-gapped: no default route', terms({ portLabel: undefined }), { hasDefaultRoute: false, routes: [] }],
    [
      'air-gapped, and a static one',
      terms({ portLabel: undefined, staticRoutes: [everywhere] }),
      { hasDefaultRoute: true },
    ],
    ['ports for apps only, which lead everywhere', terms({}, appsOnly), { hasDefaultRoute: true }],
    [
      'ports for apps only, which do not',
      terms({}, { ...appsOnly, facts: withoutDefault }),
      { hasDefaultRoute: false },
    ],
    ['such ports for management, too', terms({}, { facts: withoutDefault }), { hasDefaultRoute: true }],
    [
      'such ports, and a static default route',
      terms({ staticRoutes: [everywhere] }, { ...appsOnly, facts: withoutDefault }),
      { hasDefaultRoute: true, routes: [] },
    ],
    [
      'ports for apps only that are away: not known, so the default route stays',
      terms({}, { ...appsOnly, facts: { eth0: { link: 'no-carrier', routes: [] } } }),
      { hasDefaultRoute: true },
    ],
    [
      "time servers of the ports after the network instance's own",
      terms(
        { network: { ...networkOfDefault(), ntpServers: ['192.0.2.123', '192.0.2.1'] } },
        { port: { ntpServers: ['192.0.2.1', '192.0.2.2'] } },
      ),
      { ntpServers: ['192.0.2.123', '192.0.2.1', '192.0.2.2'] },
    ],
    [
      "time servers of the ports' leases last, each once",
      terms(
        { network: { ...networkOfDefault(), ntpServers: ['192.0.2.123'] } },
        { facts: { eth0: { ntpServers: ['192.0.2.5', '192.0.2.123'] }, sat0: { ntpServers: ['192.0.2.6'] } } },
      ),
      { ntpServers: ['192.0.2.123', '192.0.2.5', '192.0.2.6'] },
    ],
  ])('%s', (_what, { terms: made }, want) => {
    expect(made).toMatchObject(want);
  });

  it('are as many time servers and routes as fit into one option, and status says so', () => {
    const ntpServers = Array.from({ length: 70 }, (_, index) => `192.0.2.${index}`);
    const staticRoutes = Array.from({ length: 32 }, (_, index) => ({
      ...toOffice,
      destination: { address: `198.51.100.${index}`, length: 32 },
    }));
    const { terms: made } = terms({ staticRoutes }, { port: { ntpServers } });
    expect(made?.ntpServers).toHaveLength(0);
    expect(made?.routes).toHaveLength(18);
    expect(made?.notices).toEqual([
      expect.stringMatching(/18 of 32 routes/),
      expect.stringMatching(/0 of 70 time servers/),
    ]);
  });

  it('is the same object until a port has other terms', () => {
    const { model, ports } = terms({});
    const before = appTermsOf(model, ports);
    const moved = new Map([...ports].map(([label, facts]) => [label, { ...facts, link: 'no-carrier' as const }]));
    expect(appTermsOf(model, moved)).toBe(before);
    expect(appTermsOf(model, new Map([['eth0', { ...facts('eth0', ports), mtu: 1400 }]]))).not.toBe(before);
  });

  it('stands in the configuration of dnsmasq, and the MTU on the bridge', () => {
    const { model, ports } = terms({ staticRoutes: [toOffice], mtu: 1430 });
    const { bridges, nameServices } = desire({ ...INPUTS, model, ports });
    expect(bridges.get('bn1')?.mtu).toBe(1430);
    const lines = nameServices.get('bn1')?.config.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'dhcp-option=option:router,10.77.0.1',
        'dhcp-option=option:classless-static-route,0.0.0.0/0,10.77.0.1,198.51.100.0/24,10.77.0.1',
        'dhcp-option=option:mtu,1430',
      ]),
    );
    const isolated = terms({ portLabel: undefined });
    const alone = desire({ ...INPUTS, model: isolated.model })
      .nameServices.get('bn1')
      ?.config.split('\n');
    expect(alone).toContain('dhcp-option=option:router');
  });
});

function facts(label: string, ports: ReadonlyMap<string, PortFacts>): PortFacts {
  const found = ports.get(label);
  if (found === undefined) throw new Error(`no port ${label}`);
  return found;
}

function networkOfDefault() {
  const network = MODEL.networkInstances[0]?.network;
  if (network === undefined) throw new Error('no network');
  return network;
}
