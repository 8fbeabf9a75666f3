import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { NO_PORT_RANKING, PREFERENCE, rankedPortNumbers } from '../../../lib/dataplane-layout/index.js';
import { ruleKey, type Rule } from '../../../lib/netlink/index.js';
import { desire } from '../desired/desire.js';
import type { DesireInputs } from '../desired/inputs.js';
import { NOTHING, SimulatedKernel } from '../testing/simulated-kernel.js';
import { INPUTS, localInstance, MODEL, NI_BUSINESS, NI_DEFAULT, PORTS, selection } from '../testing/ship.js';
import { plan, splitPlan } from './plan.js';
import { printPlan } from './print.js';

const golden = (name: string): string =>
  readFileSync(`services/zedrouter/desired/golden/${name}.txt`, 'utf8').trimEnd();

const withSelections = (...selections: readonly (readonly [string, readonly string[]])[]): DesireInputs => ({
  ...INPUTS,
  selections: new Map([
    ...INPUTS.selections,
    ...selections.map(([id, armed]) => [id, selection(armed, ['eth0', 'wwan0', 'sat0'])] as const),
  ]),
});

describe('plan', () => {
  it('builds the whole ship from nothing', () => {
    expect(printPlan(plan(NOTHING, desire(INPUTS)))).toBe(golden('ship-from-nothing'));
  });

  it('moves one network instance: one transaction, then the visible rules', () => {
    const before = withSelections([NI_DEFAULT, ['eth0', 'wwan0', 'sat0']]);
    const after = {
      ...withSelections([NI_DEFAULT, ['wwan0', 'sat0', 'eth0']]),
      generations: new Map([[NI_DEFAULT, 2]]),
    };
    expect(printPlan(plan(desire(before), desire(after)))).toBe(golden('one-switch'));
  });

  it('moves one network instance whose flows stay on the port that it leaves for a while', () => {
    const before = withSelections([NI_DEFAULT, ['eth0', 'wwan0', 'sat0']]);
    const after = {
      ...withSelections([NI_DEFAULT, ['wwan0', 'sat0', 'eth0']]),
      drains: new Map([[NI_DEFAULT, new Map([['eth0', { endsAtBoottimeMs: 300_000 }]])]]),
    };
    expect(printPlan(plan(desire(before), desire(after)))).toBe(golden('one-drain'));
  });

  it('takes a network instance and its app away', () => {
    const model = { ...MODEL, networkInstances: MODEL.networkInstances.slice(1), apps: [] };
    const ids = { ...INPUTS.ids, networkInstances: new Map([[NI_BUSINESS, 2]]), appAddresses: new Map() };
    expect(printPlan(plan(desire(INPUTS), desire({ ...INPUTS, model, ids })))).toBe(golden('instance-removed'));
  });

  it('has a bridge with port maps send back to who sent, where it does not', () => {
    const desired = desire(INPUTS);
    const bridges = [...desired.bridges].map(
      ([name, bridge]) => [name, { ...bridge, returnsToSender: false }] as const,
    );
    const text = printPlan(plan({ ...desired, bridges: new Map(bridges) }, desired));
    expect(text).toMatch(/^open:\n {2}bridge change bn1 .*$/);
    // Nor is one told to stop: whoever owns the member may need it.
    expect(plan(desired, { ...desired, bridges: new Map(bridges) })).toEqual([]);
  });

  it('has nothing to do where all is done', () => {
    const kernel = new SimulatedKernel(NOTHING);
    kernel.run(plan(NOTHING, desire(INPUTS)));
    expect(plan(kernel.dataplane, desire(INPUTS))).toEqual([]);
  });

  it('never leaves a network instance without its unreachable rule, and always has a rule for it, while switching', () => {
    const before = desire(INPUTS);
    const after = desire(withSelections([NI_DEFAULT, ['sat0']], [NI_BUSINESS, []]));
    const kernel = new SimulatedKernel(before);
    kernel.run(plan(before, after), ({ rules, elements }) => {
      expect(rules.has('pref 10009 from 10.77.0.0/24 unreachable protocol 229')).toBe(true);
      const mark = Number(elements.ni_ranking.get('bn1')?.value[0]).toString(16);
      expect([...rules.keys()]).toContain(`pref 9199 fwmark 0x${mark} unreachable protocol 229`);
      expect([...rules.keys()]).toContain(
        `pref 9100 fwmark 0x${mark} lookup 50${rankedPortNumbers(Number.parseInt(mark, 16))[0] ?? ''} protocol 229`,
      );
    });
  });

  it('adopts the marks of 0.1.0, which lack the 0xe, without a moment in which a marked packet has no rule', () => {
    const desired = desire(INPUTS);
    const unsigned = (mark: number): number => (mark & 0x0fffffff) >>> 0;
    const before = {
      ...desired,
      rules: new Map(
        [...desired.rules.values()]
          .filter(({ preference }) => preference < PREFERENCE.marked || preference >= PREFERENCE.source)
          .map((rule) => (rule.mark === undefined ? rule : withMark(rule, unsigned(rule.mark.value), 0x0fffffff)))
          .map((rule) => [ruleKey(rule), rule] as const),
      ),
      elements: {
        ...desired.elements,
        ni_ranking: new Map(
          [...desired.elements.ni_ranking].map(([key, each]) => [
            key,
            { ...each, value: each.value.map((mark) => unsigned(Number(mark))) },
          ]),
        ),
      },
      rulesetInForce: false,
    };
    const kernel = new SimulatedKernel(before);
    kernel.run(plan(before, desired), ({ rules, elements }) => {
      const mark = Number(elements.ni_ranking.get('bn1')?.value[0]);
      const [first] = [...rules.values()]
        .filter((rule) => rule.mark !== undefined && matches(rule.mark, mark))
        .sort((a, b) => a.preference - b.preference);
      expect(first).toMatchObject({ preference: PREFERENCE.ranking, action: { kind: 'lookup', table: 501 } });
    });
    expect(plan(kernel.dataplane, desired)).toEqual([]);
  });

  it.each([10, 1_000])('switches with the same few elements whatever the number of port maps (%d)', (count) => {
    const portMaps = Array.from({ length: count }, (_, index) => ({
      protocol: 'tcp' as const,
      externalPort: 10_000 + index,
      appPort: 80,
      adapterLabel: undefined,
    }));
    const apps = MODEL.apps.map((app) => ({
      ...app,
      interfaces: app.interfaces.map((each) => ({ ...each, portMaps })),
    }));
    const inputs = { ...withSelections([NI_DEFAULT, ['eth0', 'wwan0', 'sat0']]), model: { ...MODEL, apps } };
    const moved = {
      ...inputs,
      selections: new Map([
        ...inputs.selections,
        [NI_DEFAULT, selection(['wwan0', 'eth0', 'sat0'], ['eth0', 'wwan0', 'sat0'])],
      ]),
    };
    const nft = plan(desire(inputs), desire(moved)).flatMap(({ operations }) =>
      operations.flatMap((operation) => (operation.kind === 'nft' ? operation.change.sets : [])),
    );
    expect(nft.map(({ set, added }) => `${set} ${added.length}`)).toEqual(['ni_ranking 1', 'port_map_open 1']);
  });

  it.each<{
    what: string;
    before: DesireInputs;
    after: DesireInputs;
    urgent: readonly string[];
    rest: readonly string[];
  }>([
    {
      what: 'a switch: the visible rules, name services and flows come when the traffic has moved',
      before: withSelections([NI_DEFAULT, ['eth0', 'wwan0']]),
      after: withSelections([NI_DEFAULT, ['wwan0', 'eth0']]),
      urgent: ['install', 'switch'],
      rest: ['follow', 'break', 'name-services'],
    },
    {
      what: 'a new network instance: its bridge opens when its visible rules stand',
      before: { ...INPUTS, model: { ...MODEL, networkInstances: MODEL.networkInstances.slice(1), apps: [] } },
      after: INPUTS,
      urgent: ['install', 'switch', 'follow', 'open'],
      rest: ['name-services', 'flows'],
    },
    {
      what: 'nothing but tidying',
      before: INPUTS,
      after: { ...INPUTS, nameServiceDirectory: '/elsewhere' },
      urgent: [],
      rest: ['name-services'],
    },
  ])('tells apart what moves the traffic in $what', ({ before, after, urgent, rest }) => {
    const split = splitPlan(plan(desire(before), desire(after)));
    expect(split.urgent.map(({ name }) => name)).toEqual(urgent);
    expect(split.rest.map(({ name }) => name)).toEqual(rest);
  });

  it('repairs what somebody else changed, and only that', () => {
    const desired = desire(INPUTS);
    const rules = new Map(desired.rules);
    const visible = 'pref 10000 from 10.77.0.0/24 lookup 501 protocol 229';
    const right = rules.get(visible);
    if (right === undefined) throw new Error('there is no visible rule');
    rules.delete(visible);
    const wrong: Rule = { ...right, action: { kind: 'lookup', table: 503 } };
    rules.set(ruleKey(wrong), wrong);
    expect(printPlan(plan({ ...desired, rules }, desired))).toBe(
      [
        'follow:',
        '  ip rule add pref 10000 from 10.77.0.0/24 lookup 501 protocol 229',
        '  ip rule del pref 10000 from 10.77.0.0/24 lookup 503 protocol 229',
      ].join('\n'),
    );
  });

  it('gives a network instance that NIM has not spoken of no port at all', () => {
    const late = localInstance('33333333-3333-4333-8333-333333333333', 'late', 2);
    const inputs = {
      ...INPUTS,
      model: { ...MODEL, networkInstances: [...MODEL.networkInstances, late] },
      ids: { ...INPUTS.ids, networkInstances: new Map([...INPUTS.ids.networkInstances, [late.id, 3]]) },
      ports: PORTS,
    };
    const { elements, rules } = desire(inputs);
    expect(elements.ni_ranking.get('bn3')?.value).toEqual([NO_PORT_RANKING]);
    expect([...elements.permitted.keys()].filter((key) => key.includes('bn3'))).toEqual([]);
    expect([...rules.keys()].filter((rule) => rule.includes('10.77.2.0') || rule.includes('bn3'))).toEqual([
      'pref 9210 iif bn3 unreachable protocol 229',
      'pref 10009 from 10.77.2.0/24 unreachable protocol 229',
    ]);
  });
});

function withMark(rule: Rule, value: number, mask: number): Rule {
  return { ...rule, mark: { value, mask } };
}

function matches({ value, mask }: NonNullable<Rule['mark']>, mark: number): boolean {
  return (mark & mask) >>> 0 === value;
}
