import { describe, expect, it } from '@jest/globals';

import { routeSelectionId, type RouteVia } from '../../../lib/configuration/index.js';
import { formatRoute, formatRule } from '../../../lib/netlink/index.js';
import { INPUTS, MODEL, NI_DEFAULT, PORTS, selection } from '../testing/ship.js';
import { plan } from '../plan/plan.js';
import { NOTHING, SimulatedKernel } from '../testing/simulated-kernel.js';
import { desire } from './desire.js';
import type { DesireInputs, PortFacts } from './inputs.js';
import { placedRoutes } from './own-routes.js';

const OFFICE = { address: '198.51.100.0', length: 24 };

interface Change {
  readonly armed?: readonly string[];
  readonly permitted?: readonly string[];
  readonly facts?: Partial<PortFacts>;
}

/** The ship whose first network instance has a route to the office. */
function shipWith(via: RouteVia, { armed = [], permitted = ['eth0', 'wwan0', 'sat0'], facts = {} }: Change = {}) {
  const [first, ...others] = MODEL.networkInstances;
  const network = first?.network;
  if (first === undefined || network === undefined) throw new Error('no network instance');
  const instance = { ...first, kind: 'local' as const, network, staticRoutes: [{ destination: OFFICE, via }] };
  const inputs: DesireInputs = {
    ...INPUTS,
    model: { ...MODEL, networkInstances: [instance, ...others] },
    ports: new Map([...PORTS].map(([label, known]) => [label, label === 'wwan0' ? { ...known, ...facts } : known])),
    selections: new Map([
      ...INPUTS.selections,
      [NI_DEFAULT, selection(['eth0'], permitted)],
      [routeSelectionId(NI_DEFAULT, '198.51.100.0/24'), selection(armed)],
    ]),
  };
  return { inputs, placed: placedRoutes({ instance, number: 1, bridge: { name: 'bn1' } }, inputs) };
}

const byLabel: RouteVia = { kind: 'ports', label: 'modem', target: undefined };
const by = (address: string): RouteVia => ({ kind: 'gateway', address });

/** The table of the network instance's own routes, without what all of them have. */
function table({ inputs }: ReturnType<typeof shipWith>): readonly string[] {
  return [...desire(inputs).routes.values()]
    .filter((route) => route.table === 229_001)
    .map((route) =>
      formatRoute(route).replace(' table 229001', '').replace(' proto 229', '').replace(' realm 32769', ''),
    );
}

const REJECTED = 'unreachable 198.51.100.0/24 metric 1000';

describe("a network instance's own routes", () => {
  it.each<[string, ReturnType<typeof shipWith>, readonly string[]]>([
    [
      'by the port in use, then by its standby',
      shipWith(byLabel, { armed: ['wwan0', 'sat0'] }),
      [
        '198.51.100.0/24 via 192.0.3.1 dev wwan0 src 192.0.3.10 metric 1 onlink',
        '198.51.100.0/24 via 192.0.4.1 dev sat0 src 192.0.4.10 metric 2 onlink',
        REJECTED,
      ],
    ],
    ['rejected while no port can be used', shipWith(byLabel), [REJECTED]],
    [
      'with the standby alone where the port in use is gone',
      shipWith(byLabel, { armed: ['wwan0', 'sat0'], facts: { link: 'missing', addresses: [], routes: [] } }),
      ['198.51.100.0/24 via 192.0.4.1 dev sat0 src 192.0.4.10 metric 1 onlink', REJECTED],
    ],
    [
      'without a gateway, as with PPP',
      shipWith(byLabel, {
        armed: ['wwan0'],
        facts: {
          routes: [
            { destination: { address: '0.0.0.0', length: 0 }, gateway: undefined, source: '192.0.3.10', metric: 0 },
          ],
        },
      }),
      ['198.51.100.0/24 dev wwan0 src 192.0.3.10 metric 1', REJECTED],
    ],
    [
      "by a router in a port's network",
      shipWith(by('192.0.3.77')),
      ['198.51.100.0/24 via 192.0.3.77 dev wwan0 src 192.0.3.10 metric 1', REJECTED],
    ],
    ['rejected where that port is not permitted', shipWith(by('192.0.3.77'), { permitted: ['eth0'] }), [REJECTED]],
    ['rejected where nobody knows the gateway', shipWith(by('203.0.113.1')), [REJECTED]],
    ['by an app', shipWith(by('10.77.0.9')), ['198.51.100.0/24 via 10.77.0.9 dev bn1 metric 1', REJECTED]],
  ])('lead %s', (_what, ship, want) => {
    expect(table(ship)).toEqual(want);
  });

  it.each<[string, ReturnType<typeof shipWith>, RegExp | undefined]>([
    ['nothing is wrong', shipWith(byLabel, { armed: ['wwan0'] }), undefined],
    ['no port can be used', shipWith(byLabel), /no port labelled "modem" can be used/],
    ['the gateway is in no network', shipWith(by('203.0.113.1')), /203\.0\.113\.1 lies in no network of a port/],
    ['the gateway is an app', shipWith(by('10.77.0.9')), undefined],
  ])('say where they lead nowhere: %s', (_what, { placed }, problem) => {
    if (problem === undefined) expect(placed[0]?.problem).toBeUndefined();
    else expect(placed[0]?.problem).toMatch(problem);
  });

  it('are asked before the ranking, for what bears a mark of ours, and by nobody else', () => {
    const rules = [...desire(shipWith(byLabel).inputs).rules.values()].map(formatRule);
    expect(rules).toContain('pref 9050 from 10.77.0.0/24 fwmark 0xe0000000/0xf0000000 lookup 229001 protocol 229');
    expect(rules.filter((rule) => rule.includes('pref 9050'))).toHaveLength(1);
  });

  it('move from one port to another by replacement, and are gone with the configuration', () => {
    const before = desire(shipWith(byLabel, { armed: ['wwan0', 'sat0'] }).inputs);
    const kernel = new SimulatedKernel(NOTHING);
    kernel.run(plan(NOTHING, before));
    expect(plan(kernel.dataplane, before)).toEqual([]);
    const moved = plan(kernel.dataplane, desire(shipWith(byLabel, { armed: ['sat0', 'wwan0'] }).inputs));
    expect(moved.flatMap(({ operations }) => operations.map(({ kind }) => kind))).toEqual([
      'route-replace',
      'route-replace',
    ]);
    kernel.run(plan(kernel.dataplane, desire(INPUTS)));
    expect([...kernel.dataplane.routes.values()].filter(({ table: number }) => number === 229_001)).toEqual([]);
  });

  it('over a bridge are made when the bridge is there', () => {
    const phases = plan(NOTHING, desire(shipWith(by('10.77.0.9')).inputs));
    const phaseOf = (test: (text: string) => boolean): string | undefined =>
      phases.find(({ operations }) =>
        operations.some((each) => each.kind === 'route-replace' && test(formatRoute(each.route))),
      )?.name;
    expect(phaseOf((text) => text.includes('via 10.77.0.9'))).toBe('open');
    expect(phaseOf((text) => text.startsWith('unreachable'))).toBe('install');
  });
});
