import { describe, expect, it } from '@jest/globals';

import type { StaticRoute } from '../../../lib/configuration/index.js';
import { facts, selection } from '../testing/ship.js';
import { decideFlows, type EndedFlows, type FlowMemories, type FlowMemory, type FlowsDecision } from './generations.js';
import type { Drain, PortFacts, Selection } from './inputs.js';

const up: ReadonlyMap<string, PortFacts> = new Map([
  ['eth0', facts('eth0', 2)],
  ['wwan0', facts('wwan0', 3)],
]);
const eth0Dead: ReadonlyMap<string, PortFacts> = new Map([
  ...up,
  ['eth0', { ...facts('eth0', 2), link: 'no-carrier' as const }],
]);
const both = ['eth0', 'wwan0'];
const NOW_MS = 1_000_000;

function step(
  before: FlowMemories,
  niIds: readonly string[],
  selections: ReadonlyMap<string, Selection>,
  more: {
    readonly ports?: ReadonlyMap<string, PortFacts>;
    readonly drainMs?: number;
    readonly flowsLeft?: number;
    readonly staticRoutes?: readonly StaticRoute[];
  } = {},
): FlowsDecision {
  const { ports = up, drainMs = 0, flowsLeft, staticRoutes = [] } = more;
  return decideFlows(before, {
    instances: niIds.map((id) => ({ id, drainMs, staticRoutes, network: undefined })),
    selections,
    ports,
    flowsLeft: () => flowsLeft,
    boottimeMs: NOW_MS,
  });
}

function memory(
  port: string | undefined,
  generation: number,
  drains: Readonly<Record<string, number>> = {},
): FlowMemory {
  const each = Object.entries(drains).map(([label, endsAtBoottimeMs]): [string, Drain] => [
    label,
    { endsAtBoottimeMs },
  ]);
  return { port, generation, drains: new Map(each) };
}

describe('decideFlows of one network instance where nothing drains', () => {
  it.each<{
    what: string;
    before?: FlowMemory;
    selection?: Selection;
    ports?: ReadonlyMap<string, PortFacts>;
    after: FlowMemory;
    ended: EndedFlows[];
  }>([
    {
      what: 'first port: nothing to end',
      selection: selection(both),
      after: memory('eth0', 1),
      ended: [],
    },
    {
      what: 'same port: nothing changes',
      before: memory('eth0', 7),
      selection: selection(both),
      after: memory('eth0', 7),
      ended: [],
    },
    {
      what: 'planned switch: a new generation, and the old flows end',
      before: memory('eth0', 7),
      selection: selection(['wwan0', 'eth0']),
      after: memory('wwan0', 8),
      ended: [{ kind: 'on-port', port: 'eth0' }],
    },
    {
      what: 'the port is gone: the kernel has moved already, its new flows are kept',
      before: memory('eth0', 7),
      selection: selection(['wwan0'], both),
      ports: eth0Dead,
      after: memory('wwan0', 7),
      ended: [{ kind: 'on-port', port: 'eth0' }],
    },
    {
      what: 'nowhere to go: nothing ends',
      before: memory('eth0', 7),
      selection: selection([], both),
      ports: eth0Dead,
      after: memory('eth0', 7),
      ended: [],
    },
    {
      what: 'policy takes the only port away: its flows end',
      before: memory('eth0', 7),
      selection: selection([], []),
      after: memory(undefined, 8),
      ended: [{ kind: 'on-port', port: 'eth0' }],
    },
    {
      what: 'not decided yet: nothing ends',
      before: memory('eth0', 7),
      after: memory('eth0', 7),
      ended: [],
    },
    {
      what: 'generations start again after the last',
      before: memory('eth0', 0xffff),
      selection: selection(['wwan0', 'eth0']),
      after: memory('wwan0', 1),
      ended: [{ kind: 'on-port', port: 'eth0' }],
    },
  ])('$what', ({ before, selection: selected, ports = up, after, ended }) => {
    const next = step(
      before === undefined ? new Map() : new Map([['ni', before]]),
      ['ni'],
      selected === undefined ? new Map() : new Map([['ni', selected]]),
      { ports },
    );
    expect(next.memories.get('ni')).toEqual(after);
    expect(next.ended).toEqual(ended);
    expect(next.drained).toEqual([]);
  });
});

describe('decideFlows of one network instance whose flows may stay for 300 s', () => {
  const laterMs = NOW_MS + 300_000;
  const toWwan0 = selection(['wwan0', 'eth0']);
  const failing = { ...toWwan0, failing: new Set(['eth0']) };
  const granted = { ...toWwan0, grantedUntilMs: new Map([['eth0', laterMs]]) };
  const onEth0: EndedFlows[] = [{ kind: 'on-port', port: 'eth0' }];

  it.each<{
    what: string;
    before: FlowMemory;
    selection?: Selection;
    ports?: ReadonlyMap<string, PortFacts>;
    flowsLeft?: number;
    after: FlowMemory;
    ended?: EndedFlows[];
    drained?: EndedFlows[];
  }>([
    {
      what: 'planned switch: they stay, in the same generation',
      before: memory('eth0', 7),
      after: memory('wwan0', 7, { eth0: laterMs }),
    },
    {
      what: 'the port that is left fails its tests: all move',
      before: memory('eth0', 7),
      selection: failing,
      after: memory('wwan0', 8),
      ended: onEth0,
    },
    {
      what: 'the port that is left is forbidden: all move',
      before: memory('eth0', 7),
      selection: selection(['wwan0']),
      after: memory('wwan0', 8),
      ended: onEth0,
    },
    {
      what: 'the port that is left is gone: the kernel has moved already',
      before: memory('eth0', 7),
      selection: selection(['wwan0'], both),
      ports: eth0Dead,
      after: memory('wwan0', 7),
      ended: onEth0,
    },
    {
      what: 'a port that is granted still is permitted',
      before: memory('eth0', 7),
      selection: granted,
      after: memory('wwan0', 7, { eth0: laterMs }),
    },
    {
      what: 'back again: what stayed is at home, and what began meanwhile stays',
      before: memory('wwan0', 7, { eth0: laterMs }),
      selection: selection(both),
      after: memory('eth0', 7, { wwan0: laterMs }),
    },
    {
      what: 'time is up: they end before their way does',
      before: memory('wwan0', 7, { eth0: NOW_MS }),
      after: memory('wwan0', 7),
      drained: onEth0,
    },
    {
      what: 'none is left: nothing to end',
      before: memory('wwan0', 7, { eth0: laterMs }),
      flowsLeft: 0,
      after: memory('wwan0', 7),
    },
    {
      what: 'some are left',
      before: memory('wwan0', 7, { eth0: laterMs }),
      flowsLeft: 2,
      after: memory('wwan0', 7, { eth0: laterMs }),
    },
    {
      what: 'the port that drains begins to fail',
      before: memory('wwan0', 7, { eth0: laterMs }),
      selection: failing,
      after: memory('wwan0', 7),
      ended: onEth0,
    },
    {
      what: 'the port that drains is forbidden',
      before: memory('wwan0', 7, { eth0: laterMs }),
      selection: selection(['wwan0']),
      after: memory('wwan0', 7),
      ended: onEth0,
    },
    {
      what: 'the port in use fails, back to the one that drains: no new generation, for that would end what stayed',
      before: memory('wwan0', 7, { eth0: laterMs }),
      selection: { ...selection(both), failing: new Set(['wwan0']) },
      after: memory('eth0', 7),
      ended: [{ kind: 'on-port', port: 'wwan0' }],
    },
  ])('$what', ({ before, selection: selected = toWwan0, ports = up, flowsLeft, after, ended = [], drained = [] }) => {
    const next = step(new Map([['ni', before]]), ['ni'], new Map([['ni', selected]]), {
      ports,
      drainMs: 300_000,
      ...(flowsLeft === undefined ? {} : { flowsLeft }),
    });
    expect(next).toEqual({ memories: new Map([['ni', after]]), ended, drained });
  });

  it('nothing ends while nothing is decided', () => {
    const before = new Map([['ni', memory('wwan0', 7, { eth0: NOW_MS })]]);
    expect(step(before, ['ni'], new Map(), { drainMs: 300_000 })).toEqual({ memories: before, ended: [], drained: [] });
  });

  it('another one’s flows on the same port stay when those of one end', () => {
    const before = new Map([
      ['a', memory('wwan0', 1, { eth0: NOW_MS })],
      ['b', memory('wwan0', 1, { eth0: laterMs })],
    ]);
    const selections = new Map([
      ['a', toWwan0],
      ['b', toWwan0],
    ]);
    expect(step(before, ['a', 'b'], selections, { drainMs: 300_000 }).drained).toEqual([
      { kind: 'of-instance-on-port', niId: 'a', port: 'eth0' },
    ]);
  });
});

describe('decideFlows of static routes', () => {
  const laterMs = NOW_MS + 300_000;
  const destination = { address: '198.51.100.0', length: 24 };
  const staticRoutes: readonly StaticRoute[] = [
    { destination, via: { kind: 'ports', label: 'radio', target: undefined } },
  ];
  const route = 'ni 198.51.100.0/24';
  const toWwan0 = selection(['wwan0', 'eth0']);
  const before = new Map([
    ['ni', memory('eth0', 7)],
    [route, memory('eth0', 1)],
  ]);

  it.each<{
    what: string;
    own?: Selection;
    ofRoute?: Selection;
    via?: StaticRoute['via'];
    after: readonly [FlowMemory, FlowMemory];
    ended?: EndedFlows[];
  }>([
    {
      what: 'a planned move: they stay, and so do those of the default route',
      ofRoute: toWwan0,
      after: [memory('eth0', 7), memory('wwan0', 1, { eth0: laterMs })],
    },
    {
      what: 'the port fails for the route: its flows end alone',
      ofRoute: { ...toWwan0, failing: new Set(['eth0']) },
      after: [memory('eth0', 7), memory('wwan0', 1)],
      ended: [{ kind: 'of-instance-on-port', niId: route, port: 'eth0' }],
    },
    {
      what: 'the default route leaves a port that fails: in the same generation, for that is of all',
      own: { ...toWwan0, failing: new Set(['eth0']) },
      after: [memory('wwan0', 7), memory('eth0', 1)],
      ended: [{ kind: 'of-instance-on-port', niId: 'ni', port: 'eth0' }],
    },
    {
      what: 'by a router they stay where the port has it in its network',
      via: { kind: 'gateway', address: '192.0.2.77' },
      ofRoute: toWwan0,
      after: [memory('eth0', 7), memory('wwan0', 1, { eth0: laterMs })],
    },
    {
      what: 'by a router nothing stays where the port has no network with it any more',
      via: { kind: 'gateway', address: '192.0.9.77' },
      ofRoute: toWwan0,
      after: [memory('eth0', 7), memory('wwan0', 1)],
      ended: [{ kind: 'of-instance-on-port', niId: route, port: 'eth0' }],
    },
  ])('$what', ({ own = selection(both), ofRoute = selection(both), via, after, ended = [] }) => {
    const selections = new Map([
      ['ni', own],
      [route, ofRoute],
    ]);
    const routes = via === undefined ? staticRoutes : [{ destination, via }];
    const next = step(before, ['ni'], selections, { drainMs: 300_000, staticRoutes: routes });
    const memories = new Map([
      ['ni', after[0]],
      [route, after[1]],
    ]);
    expect(next).toEqual({ memories, ended, drained: [] });
  });

  it('nothing ends with a route that is gone, and all with its network instance', () => {
    const selections = new Map([['ni', selection(both)]]);
    expect(step(before, ['ni'], selections).ended).toEqual([]);
    expect(step(before, [], selections).ended).toEqual([{ kind: 'of-instance', niId: 'ni' }]);
  });
});

describe('decideFlows of several', () => {
  it('ends only the flows of the one that moved while others stay on the port', () => {
    const onEth0 = memory('eth0', 1);
    const next = step(
      new Map([
        ['a', onEth0],
        ['b', onEth0],
      ]),
      ['a', 'b'],
      new Map([
        ['a', selection(['wwan0', 'eth0'])],
        ['b', selection(both)],
      ]),
    );
    expect(next.ended).toEqual([{ kind: 'of-instance-on-port', niId: 'a', port: 'eth0' }]);
  });

  it('ends all flows of one that is gone from the configuration', () => {
    const next = step(new Map([['a', memory('eth0', 1)]]), [], new Map());
    expect(next.ended).toEqual([{ kind: 'of-instance', niId: 'a' }]);
    expect(next.memories.size).toBe(0);
  });
});
