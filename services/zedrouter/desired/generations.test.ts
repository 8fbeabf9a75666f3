import { describe, expect, it } from '@jest/globals';

import { facts, selection } from '../testing/ship.js';
import { stepFlows, type EndedFlows, type FlowMemory } from './generations.js';
import type { PortFacts, Selection } from './inputs.js';

const up: ReadonlyMap<string, PortFacts> = new Map([
  ['eth0', facts('eth0', 2)],
  ['wwan0', facts('wwan0', 3)],
]);
const eth0Dead: ReadonlyMap<string, PortFacts> = new Map([
  ...up,
  ['eth0', { ...facts('eth0', 2), link: 'no-carrier' as const }],
]);
const both = ['eth0', 'wwan0'];

describe('stepFlows of one network instance', () => {
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
      after: { port: 'eth0', generation: 1 },
      ended: [],
    },
    {
      what: 'same port: nothing changes',
      before: { port: 'eth0', generation: 7 },
      selection: selection(both),
      after: { port: 'eth0', generation: 7 },
      ended: [],
    },
    {
      what: 'planned switch: a new generation, and the old flows end',
      before: { port: 'eth0', generation: 7 },
      selection: selection(['wwan0', 'eth0']),
      after: { port: 'wwan0', generation: 8 },
      ended: [{ kind: 'on-port', port: 'eth0' }],
    },
    {
      what: 'the port is gone: the kernel has moved already, its new flows are kept',
      before: { port: 'eth0', generation: 7 },
      selection: selection(['wwan0'], both),
      ports: eth0Dead,
      after: { port: 'wwan0', generation: 7 },
      ended: [{ kind: 'on-port', port: 'eth0' }],
    },
    {
      what: 'nowhere to go: nothing ends',
      before: { port: 'eth0', generation: 7 },
      selection: selection([], both),
      ports: eth0Dead,
      after: { port: 'eth0', generation: 7 },
      ended: [],
    },
    {
      what: 'policy takes the only port away: its flows end',
      before: { port: 'eth0', generation: 7 },
      selection: selection([], []),
      after: { port: undefined, generation: 8 },
      ended: [{ kind: 'on-port', port: 'eth0' }],
    },
    {
      what: 'not decided yet: nothing ends',
      before: { port: 'eth0', generation: 7 },
      after: { port: 'eth0', generation: 7 },
      ended: [],
    },
    {
      what: 'generations start again after the last',
      before: { port: 'eth0', generation: 0xffff },
      selection: selection(['wwan0', 'eth0']),
      after: { port: 'wwan0', generation: 1 },
      ended: [{ kind: 'on-port', port: 'eth0' }],
    },
  ])('$what', ({ before, selection: selected, ports = up, after, ended }) => {
    const step = stepFlows(
      before === undefined ? new Map() : new Map([['ni', before]]),
      ['ni'],
      selected === undefined ? new Map() : new Map([['ni', selected]]),
      ports,
    );
    expect(step.memories.get('ni')).toEqual(after);
    expect(step.ended).toEqual(ended);
  });
});

describe('stepFlows of several', () => {
  it('ends only the flows of the one that moved while others stay on the port', () => {
    const memory = { port: 'eth0', generation: 1 };
    const step = stepFlows(
      new Map([
        ['a', memory],
        ['b', memory],
      ]),
      ['a', 'b'],
      new Map([
        ['a', selection(['wwan0', 'eth0'])],
        ['b', selection(both)],
      ]),
      up,
    );
    expect(step.ended).toEqual([{ kind: 'of-instance-on-port', niId: 'a', port: 'eth0' }]);
  });

  it('ends all flows of one that is gone from the configuration', () => {
    const step = stepFlows(new Map([['a', { port: 'eth0', generation: 1 }]]), [], new Map(), up);
    expect(step.ended).toEqual([{ kind: 'of-instance', niId: 'a' }]);
    expect(step.memories.size).toBe(0);
  });
});
