import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import type { DeviceModel, NetworkInstance, Port } from '../../lib/configuration/index.js';
import { element, elementKey, rule } from '../../lib/netlink/index.js';
import type { Bridge, Dataplane } from '../../services/zedrouter/desired/dataplane.js';
import type { ElementSets } from '../../services/zedrouter/desired/sets.js';
import { plan } from '../../services/zedrouter/plan/plan.js';
import { NOTHING, SimulatedKernel } from '../../services/zedrouter/testing/simulated-kernel.js';
import { eventArbitrary, modelArbitrary } from './arbitraries.js';
import { Device, indexOf, type Turn } from './device.js';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 10_000);
const APP_TRAFFIC = NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC;

/** The rule of the proposal once more, written without a look at the code: may this NI use this port? */
function mayUse(model: DeviceModel, { portLabel, allowedPriorities }: NetworkInstance, port: Port): boolean {
  const limit = allowedPriorities ?? model.operationPriorities.get(APP_TRAFFIC);
  return (
    portLabel !== undefined &&
    port.labels.includes(portLabel) &&
    (port.usage === 'management-and-apps' || port.usage === 'apps-shared') &&
    (port.allowedOperations.length === 0 || port.allowedOperations.includes(APP_TRAFFIC)) &&
    (limit === undefined || limit.kind === 'every-priority' || limit.priorities.includes(port.priority))
  );
}

function expectRightSelections({ model, conditions, decision }: Turn): void {
  for (const instance of model.networkInstances) {
    const selection = decision.selections.get(instance.id);
    expect(selection === undefined).toBe(!instance.active);
    if (selection === undefined) continue;
    const usable = model.ports.filter(
      (port) => mayUse(model, instance, port) && conditions[indexOf(port.label)] === 'up',
    );
    if (selection.outcome.kind === 'none') {
      expect(usable).toEqual([]);
      continue;
    }
    const { label } = selection.outcome;
    // A port in use that is kept for failover_hold is permitted, and may be down.
    const possible =
      selection.failoverWait === undefined ? usable : model.ports.filter((port) => mayUse(model, instance, port));
    expect(possible.map((port) => port.label)).toContain(label);
  }
}

/** The tables that lead out of each bridge in this state of the kernel. */
function tablesOpenTo({ name, address }: Bridge, { elements, rules }: Dataplane): ReadonlySet<number> {
  const ranking = rankingOf(name, elements);
  const subnet = address?.address.replace(/\.1$/, '.0');
  const tables = new Set<number>();
  for (const { from, mark, action } of rules.values()) {
    const isOfSubnet = from !== undefined && from.length === address?.prefixLength && from.address === subnet;
    const isOfRanking = mark !== undefined && mark.value === ranking;
    if ((isOfSubnet || isOfRanking) && action.kind === 'lookup') tables.add(action.table);
  }
  return tables;
}

function rankingOf(bridge: string, { ni_ranking }: ElementSets): number | undefined {
  const [mark] = ni_ranking.get(elementKey([bridge]))?.value ?? [];
  return mark === undefined ? undefined : Number(mark);
}

describe('decide and plan together', () => {
  it(`never let a network instance out by a forbidden port, in ${RUNS} random lives`, () => {
    fc.assert(
      fc.property(
        modelArbitrary,
        fc.array(fc.constantFrom('missing', 'no-carrier', 'up'), { minLength: 5, maxLength: 5 }),
        fc.array(eventArbitrary, { maxLength: 6 }),
        (model, conditions, events) => {
          const device = new Device(model, conditions);
          const kernel = new SimulatedKernel(NOTHING);
          const live = [undefined, ...events];
          for (const event of live) {
            if (event !== undefined) device.take(event);
            const turn = device.turn(kernel.dataplane);
            expectRightSelections(turn);
            kernel.run(turn.plan, (dataplane) => {
              expectGuarded(dataplane);
            });
            expectOnlyPermitted(turn, kernel.dataplane);
            // Applied, the plan has led to what was desired; applied twice, it changes nothing.
            expect(plan(kernel.dataplane, turn.desired)).toEqual([]);
            const again = device.turn(kernel.dataplane);
            expect(again.plan).toEqual([]);
          }
        },
      ),
      { numRuns: RUNS },
    );
  }, 600_000);

  it('would notice a port that policy forbids', () => {
    const strangers = ['bn1', 'if0'];
    const forbidding: DeviceModel = fc.sample(modelArbitrary, { numRuns: 1, seed: 1 })[0] ?? emptyModel;
    expect(() => {
      expectOnlyPermitted(
        { ...new Device(forbidding, []).turn(NOTHING), model: { ...forbidding, ports: [] } },
        {
          ...NOTHING,
          elements: { ...NOTHING.elements, permitted: new Map([[elementKey(strangers), element(strangers)]]) },
        },
      );
    }).toThrow();
  });
});

const emptyModel: DeviceModel = {
  ports: [],
  networkInstances: [],
  apps: [],
  operationPriorities: new Map(),
  downloadMaxCost: 0,
  portTest: { intervalMs: undefined, timeoutMs: undefined },
  grants: [],
};

/** Whatever bridge is up has its guard, its ranking and its last word. */
function expectGuarded(dataplane: Dataplane): void {
  for (const { name } of dataplane.bridges.values()) {
    const ranking = rankingOf(name, dataplane.elements);
    if (ranking === undefined) continue;
    expect(dataplane.elements.ni_bridges.has(elementKey([name]))).toBe(true);
    expect([...dataplane.rules.values()]).toContainEqual(
      rule({
        preference: 9199,
        mark: { value: ranking, mask: 0xffff_ffff },
        action: { kind: 'unreachable' },
        protocol: 229,
      }),
    );
    expect([...dataplane.rules.values()]).toContainEqual(
      rule({ preference: 9210, inputInterface: name, action: { kind: 'unreachable' }, protocol: 229 }),
    );
  }
}

function expectOnlyPermitted({ model }: Turn, dataplane: Dataplane): void {
  const allowedPairs = new Set<string>();
  const tablesOf = new Map(
    [...dataplane.elements.port_mark.values()].map(({ key, value }) => [key[0], 500 + portOf(Number(value[0]))]),
  );
  for (const bridge of dataplane.bridges.values()) {
    const instance = model.networkInstances.find(({ id }) => id === bridge.niId);
    const permitted = model.ports.filter((port) => instance !== undefined && mayUse(model, instance, port));
    const tables = permitted.flatMap(({ interfaceName }) => tablesOf.get(interfaceName) ?? []);
    for (const table of tablesOpenTo(bridge, dataplane)) expect(tables).toContain(table);
    for (const { interfaceName } of permitted) allowedPairs.add(elementKey([bridge.name, interfaceName]));
  }
  for (const pair of dataplane.elements.permitted.keys()) expect(allowedPairs).toContain(pair);
}

function portOf(mark: number): number {
  return (mark >>> 16) & 0xff;
}
