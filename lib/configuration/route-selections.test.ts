import { describe, expect, it } from '@jest/globals';

import { routeSelectionId, routeSelectionOf, withRouteSelections } from './route-selections.js';
import { local, modelOf, ship, uuid } from './testing/ship-json.js';

const probe = {
  customProbe: { probeMethod: 'CONNECTIVITY_PROBE_METHOD_TCP', probeEndpoint: { host: '192.0.2.8', port: 443 } },
};

describe('selections for static routes', () => {
  it('stand after the network instances, with labels, target and name of their own', () => {
    const staticRoutes = [
      { destinationNetwork: '198.51.100.0/24', port: 'wwan0', probe },
      { destinationNetwork: '203.0.113.0/24', port: 'eth0', preferLowerCost: true },
      { destinationNetwork: '10.9.0.0/16', gateway: '192.0.2.1', probe: { enableGwPing: true, gwPingMaxCost: 3 } },
      { destinationNetwork: '10.10.0.0/16', gateway: '10.1.0.9' },
      { destinationNetwork: '0.0.0.0/0', port: 'eth0' },
    ];
    const test = { target: 'icmp://192.0.2.9', failbackHold: '7s' };
    const model = modelOf(ship({ networkInstances: [local(1, { staticRoutes, test }), local(2)] }));
    const all = withRouteSelections(model).networkInstances;
    expect(all.slice(0, 2)).toEqual(model.networkInstances);
    expect(all.slice(2)).toMatchObject([
      {
        id: routeSelectionId(uuid(1), '198.51.100.0/24'),
        name: 'ni1 to 198.51.100.0/24',
        portLabel: 'uplink',
        viaLabel: 'wwan0',
        test: { target: { kind: 'tcp' }, failbackHoldMs: 7_000 },
      },
      { name: 'ni1 to 203.0.113.0/24', viaLabel: 'eth0', ignoresPriority: false, test: { target: undefined } },
      {
        name: 'ni1 to 10.9.0.0/16',
        viaLabel: undefined,
        viaGateway: '192.0.2.1',
        test: { target: undefined, gatewayPing: { maxPriority: 3, outranksController: true } },
      },
    ]);
    expect(all).toHaveLength(5);
    expect(all[2]).toMatchObject({ ignoresPriority: true });
  });

  it.each<[string, object, object]>([
    ['no default route', { destinationNetwork: '10.9.0.0/16', port: 'eth0' }, {}],
    ['one that only says how it is probed', { probe: { enableGwPing: true } }, {}],
    ['by a label', { port: 'radio' }, { viaLabel: 'radio', ignoresPriority: true }],
    ['by a label and cost', { port: 'radio', preferLowerCost: true }, { viaLabel: 'radio', ignoresPriority: false }],
    ['by a router', { gateway: '192.0.2.1' }, { viaGateway: '192.0.2.1' }],
    ['by an app', { gateway: '10.1.0.9' }, {}],
  ])('leave the default route to the network instance itself: %s', (_what, route, want) => {
    const model = modelOf(ship({ networkInstances: [local(1, { staticRoutes: [route] })] }));
    const [own] = withRouteSelections(model).networkInstances;
    const wishes = {
      ...(own?.viaLabel === undefined ? {} : { viaLabel: own.viaLabel }),
      ...(own?.viaGateway === undefined ? {} : { viaGateway: own.viaGateway }),
      ...(own?.ignoresPriority === undefined ? {} : { ignoresPriority: own.ignoresPriority }),
    };
    expect(wishes).toEqual(want);
  });

  it('leave a model without such routes as it is', () => {
    const model = modelOf(ship({ networkInstances: [local(1)] }));
    expect(withRouteSelections(model)).toBe(model);
  });

  it('have ids that are no network instance', () => {
    expect(routeSelectionOf(routeSelectionId(uuid(1), '198.51.100.0/24'))).toEqual({
      networkInstanceId: uuid(1),
      destination: '198.51.100.0/24',
    });
    expect(routeSelectionOf(uuid(1))).toBeUndefined();
  });
});
