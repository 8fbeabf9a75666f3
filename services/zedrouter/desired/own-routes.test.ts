import { describe, expect, it } from '@jest/globals';

import {
  MOST_STATIC_ROUTES,
  routeSelectionId,
  type RouteVia,
  type StaticRoute,
} from '../../../lib/configuration/index.js';
import { MOST_ROUTE_NUMBERS } from '../../../lib/dataplane-layout/index.js';
import { formatRoute, formatRule } from '../../../lib/netlink/index.js';
import { INPUTS, MODEL, NI_DEFAULT, PORTS, selection } from '../testing/ship.js';
import { plan } from '../plan/plan.js';
import { adoptedMemories } from '../reconcile/adopt.js';
import { NOTHING, SimulatedKernel } from '../testing/simulated-kernel.js';
import { desire } from './desire.js';
import type { DesireInputs, PortFacts, Selection } from './inputs.js';
import { flowNumbers, placedRoutes } from './own-routes.js';

const OFFICE = { address: '198.51.100.0', length: 24 };

const EVERYWHERE = { address: '0.0.0.0', length: 0 };

interface Change {
  readonly destination?: StaticRoute['destination'];
  readonly own?: Selection;
  readonly drains?: DesireInputs['drains'];
  readonly armed?: readonly string[];
  readonly permitted?: readonly string[];
  readonly facts?: Partial<PortFacts>;
}

/** The ship whose first network instance has a route to the office. */
function shipWith(
  via: RouteVia,
  { destination = OFFICE, armed = [], permitted = ['eth0', 'wwan0', 'sat0'], facts = {}, own, drains }: Change = {},
) {
  const [first, ...others] = MODEL.networkInstances;
  const network = first?.network;
  if (first === undefined || network === undefined) throw new Error('no network instance');
  const isByRouter = via.kind === 'gateway' && !via.address.startsWith('10.77.0.') && destination.length === 0;
  const instance = {
    ...{ ...first, kind: 'local' as const, network, staticRoutes: [{ destination, via }] },
    ...(isByRouter ? { viaGateway: via.address } : {}),
  };
  const inputs: DesireInputs = {
    ...INPUTS,
    model: { ...MODEL, networkInstances: [instance, ...others] },
    ports: new Map([...PORTS].map(([label, known]) => [label, label === 'wwan0' ? { ...known, ...facts } : known])),
    selections: new Map([
      ...INPUTS.selections,
      [NI_DEFAULT, own ?? selection(['eth0'], permitted)],
      [ROUTE, selection(armed, permitted)],
    ]),
    drains: drains ?? INPUTS.drains,
  };
  return { inputs, placed: placedRoutes({ instance, number: 1, bridge: { name: 'bn1' } }, inputs) };
}

const ROUTE = routeSelectionId(NI_DEFAULT, '198.51.100.0/24');

const byLabel: RouteVia = { kind: 'ports', label: 'modem', target: undefined };
const by = (address: string): RouteVia => ({ kind: 'gateway', address });

/** The table of the network instance's own routes, without what all of them have. */
function table({ inputs }: ReturnType<typeof shipWith>): readonly string[] {
  return [...desire(inputs).routes.values()]
    .filter((route) => route.table === 229_001)
    .map((route) =>
      formatRoute(route)
        .replace(' table 229001', '')
        .replace(' proto 229', '')
        .replace(/ realm \d+/, ''),
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
      shipWith(by('192.0.3.77'), { armed: ['wwan0'] }),
      ['198.51.100.0/24 via 192.0.3.77 dev wwan0 src 192.0.3.10 metric 1', REJECTED],
    ],
    ['by no port whose network has not the router', shipWith(by('192.0.3.77'), { armed: ['sat0'] }), [REJECTED]],
    ['rejected where NIM selects no port', shipWith(by('192.0.3.77')), [REJECTED]],
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

  it('by a router may be everywhere, for the ports that the network instance itself follows', () => {
    const change = { destination: EVERYWHERE, own: selection(['wwan0', 'sat0'], ['eth0', 'wwan0', 'sat0']) };
    const ship = shipWith(by('192.0.3.77'), change);
    expect(table(ship)).toEqual([
      'default via 192.0.3.77 dev wwan0 src 192.0.3.10 metric 1',
      'unreachable default metric 1000',
    ]);
    // The flows are those of the network instance: no realm tells them from others.
    const unicast = [...desire(ship.inputs).routes.values()].filter(({ type }) => type !== 'local');
    expect(unicast.map(({ realm }) => realm)).not.toContainEqual(expect.any(Number));
  });

  it('by an app may be everywhere for all but that app, which goes by the ranking', () => {
    const ship = shipWith(by('10.77.0.9'), { destination: EVERYWHERE });
    expect(table(ship)).toEqual(['default via 10.77.0.9 dev bn1 metric 1', 'unreachable default metric 1000']);
    const rules = [...desire(ship.inputs).rules.values()].map(formatRule);
    expect(rules.filter((rule) => /^pref 90[45]/.test(rule)).sort()).toEqual([
      'pref 9040 from 10.77.0.9 fwmark 0xe0000000/0xf0000000 lookup 229001 suppress_prefixlength 0 protocol 229',
      'pref 9041 from 10.77.0.9 fwmark 0xe0000000/0xf0000000 goto 9200 protocol 229',
      'pref 9050 from 10.77.0.0/24 fwmark 0xe0000000/0xf0000000 lookup 229001 protocol 229',
    ]);
  });

  it('by a label are the ranking itself where they are everywhere', () => {
    const ship = shipWith(byLabel, { destination: EVERYWHERE });
    expect(table(ship)).toEqual([]);
    expect([...desire(ship.inputs).rules.values()].map(formatRule).filter((rule) => /^pref 90[45]/.test(rule))).toEqual(
      [],
    );
  });

  it('have what may be used although the default route may not use it', () => {
    const ship = shipWith(byLabel, { armed: ['wwan0'], permitted: ['wwan0'], own: selection(['eth0'], ['eth0']) });
    const { permitted } = desire(ship.inputs).elements;
    expect([...permitted.values()].map(({ key }) => key.join(' '))).toEqual(
      expect.arrayContaining(['bn1 eth0', 'bn1 wwan0']),
    );
  });

  it('keep flows on the port in use and on ports that they have left, by marks that come before them', () => {
    const before = desire(shipWith(byLabel, { armed: ['wwan0', 'sat0'] }).inputs);
    const stays = (of: ReturnType<typeof desire>) =>
      [...of.elements.ni_drain.values()].map(({ key, value, endsAtBoottimeMs }) => [
        key[0],
        value[0],
        endsAtBoottimeMs,
      ]);
    expect(stays(before)).toEqual([[0xe0021001, 0xef000002, undefined]]);
    const left = shipWith(byLabel, {
      armed: ['sat0', 'wwan0'],
      drains: new Map([[ROUTE, new Map([['wwan0', { endsAtBoottimeMs: 5_000 }]])]]),
    });
    const after = desire(left.inputs);
    expect(stays(after)).toEqual([
      [0xe0021001, 0xef000002, 7_000],
      [0xe0031001, 0xef000003, undefined],
    ]);
    const rules = [...after.rules.values()].map(formatRule);
    expect(rules.filter((rule) => rule.startsWith('pref 9030'))).toEqual([
      'pref 9030 fwmark 0xef000002 lookup 502 protocol 229',
      'pref 9030 fwmark 0xef000003 lookup 503 protocol 229',
    ]);
    // So whatever comes first, what stays has its mark all the time: on the way there, and on the way back.
    for (const steps of [plan(before, after), plan(after, before)]) {
      const changes = steps.flatMap(({ operations }) =>
        operations.flatMap((each) => (each.kind === 'nft' ? each.change.sets : [])),
      );
      const ofOld = changes.filter(({ set }) => set === 'ni_drain');
      expect(ofOld.flatMap(({ added }) => added.map(({ key }) => key[0]))).toContain(0xe0021001);
    }
  });

  it.each([
    { what: 'another destination', destination: OFFICE, flow: 0xe002_1001 },
    { what: 'everything', destination: EVERYWHERE, flow: 0xe002_0001 },
  ])('by a router keep flows on the way by it: $what', ({ destination, flow }) => {
    const armed = selection(['wwan0'], ['eth0', 'wwan0', 'sat0']);
    const { elements, rules, routes } = desire(
      shipWith(by('192.0.3.77'), { destination, own: armed, armed: ['wwan0'] }).inputs,
    );
    // The router's address is 0xc000034d: its last 19 bits, then the port.
    expect([...elements.ni_drain.values()].map(({ key, value }) => [...key, ...value])).toEqual([[flow, 0xef2034d2]]);
    const table = String(229_100_000 + 0x034d2);
    expect([...rules.values()].map(formatRule)).toContain(`pref 9030 fwmark 0xef2034d2 lookup ${table} protocol 229`);
    expect([...routes.values()].map(formatRoute).filter((text) => text.includes(`table ${table}`))).toEqual([
      `default via 192.0.3.77 dev wwan0 src 192.0.3.10 table ${table} proto 229`,
    ]);
  });

  it('are told apart by their flows, as many as there may be', () => {
    const staticRoutes = Array.from({ length: MOST_STATIC_ROUTES }, (_, index) => ({
      destination: { address: `198.51.${index}.0`, length: 24 },
      via: byLabel,
    }));
    const { inputs } = shipWith(byLabel);
    const model = {
      ...inputs.model,
      networkInstances: inputs.model.networkInstances.map((one) =>
        one.id === NI_DEFAULT ? { ...one, staticRoutes } : one,
      ),
    };
    const numbers = flowNumbers(model, inputs.ids);
    expect(numbers.get(routeSelectionId(NI_DEFAULT, '198.51.0.0/24'))).toBe(0x1001);
    expect(numbers.get(routeSelectionId(NI_DEFAULT, '198.51.13.0/24'))).toBe(0xe001);
    // 15 is the number of routes that lead to an app.
    expect(numbers.get(routeSelectionId(NI_DEFAULT, '198.51.14.0/24'))).toBe(0x0100_0001);
    const last = `198.51.${MOST_STATIC_ROUTES - 1}.0/24`;
    expect(numbers.get(routeSelectionId(NI_DEFAULT, last))).toBe(0x0200_1001);
    expect(new Set(numbers.values()).size).toBe(numbers.size);
    expect(MOST_STATIC_ROUTES).toBeLessThanOrEqual(MOST_ROUTE_NUMBERS);
  });

  it('are known again from the kernel, with what drains', () => {
    const { inputs } = shipWith(byLabel, {
      armed: ['sat0', 'wwan0'],
      drains: new Map([[ROUTE, new Map([['wwan0', { endsAtBoottimeMs: 5_000 }]])]]),
    });
    const memories = adoptedMemories(desire(inputs), inputs.model, inputs.ids);
    expect(memories.get(ROUTE)).toEqual({
      ...{ port: 'sat0', generation: 1 },
      drains: new Map([['wwan0', { endsAtBoottimeMs: 5_000 }]]),
    });
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
    expect(moved.flatMap(({ operations }) => operations.map(({ kind }) => kind))).toEqual(
      expect.arrayContaining(['route-replace', 'route-replace']),
    );
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
