import { describe, expect, it } from '@jest/globals';

import {
  configFromJson,
  defaultTestSettings,
  interpret,
  parseTarget,
  type DeviceModel,
} from '../../lib/configuration/index.js';
import { deviceConfigJson } from '../../services/nim/testing/device-config.js';
import { SimulatedNim } from '../../services/nim/testing/simulated-nim.js';
import { bytesText, timeText } from '../../lib/decision/forecast/forecast-text.js';
import { testWarnings } from '../../lib/decision/forecast/index.js';

const CREW = '6ba7b810-9dad-41d1-80b4-00c04fd430c8';
const PLANT = '6ba7b811-9dad-41d1-80b4-00c04fd430c8';

/** A ship with a free port and two metered ones, whose network instances have these tests. */
function shipWith(
  tests: Readonly<Record<string, object>>,
  more: { readonly allowed?: readonly number[]; readonly configItems?: readonly object[] } = {},
): DeviceModel {
  const { allowed, configItems = [] } = more;
  const json = deviceConfigJson({
    ports: { eth0: 0, wwan0: 1, sat0: 2 },
    networkInstances: Object.fromEntries(
      Object.keys(tests).map((name) => [
        name,
        { uuid: name === 'crew' ? CREW : PLANT, ...(allowed === undefined ? {} : { allowed }) },
      ]),
    ),
  }) as { networkInstances: { displayname: string }[] };
  const networkInstances = json.networkInstances.map((each) => ({ ...each, test: tests[each.displayname] }));
  const interpretation = interpret(configFromJson({ ...json, networkInstances, configItems }));
  if (interpretation.kind === 'invalid') throw new Error(JSON.stringify(interpretation.problems));
  return interpretation.model;
}

function descriptions(model: DeviceModel): readonly string[] {
  return testWarnings(model).map(({ description }) => description);
}

describe('testWarnings', () => {
  it.each([
    ['no test at all', { crew: {} }],
    ['a target at the pace of the port', { crew: { target: 'https://plant.example/' } }],
    ['a seldom one', { crew: { target: 'https://plant.example/', interval: '7200s', timeout: '5s' } }],
    ['a ping every minute', { crew: { target: 'icmp://192.0.2.1', interval: '60s' } }],
  ])('has nothing to say of %s', (_what, tests) => {
    expect(testWarnings(shipWith(tests))).toEqual([]);
  });

  it('says what becomes of an interval that takes more bytes than a port may spend', () => {
    const warnings = testWarnings(shipWith({ crew: { target: 'https://plant.example/', interval: '60s' } }));
    expect(warnings.map(({ subject }) => subject)).toEqual(
      ['eth0', 'wwan0', 'sat0'].map(() => ({ kind: 'network-instance', id: CREW, setting: 'interval' })),
    );
    // 43,200 tests of 2 kB are 86.4 MB, and packets of full size take 0.3 to 1 MB: 4.4 and 17.3 times what the ports
    // may spend.
    expect(warnings.map(({ description }) => description)).toEqual([
      'over eth0 (priority 0), a test of https://plant.example/ every 60 s takes 87 MB in 30 days, where 20 MB are allowed: ' +
        'in the long run it is tested every 4.4 min, and a dead path is noticed within 4.5 min instead of 68 s while no app sends',
      'over wwan0 (priority 1), a test of https://plant.example/ every 60 s takes 87 MB in 30 days, where 5 MB are allowed: ' +
        'in the long run it is tested every 17 min, and a dead path is noticed within 17 min instead of 68 s while no app sends',
      'over sat0 (priority 2), a test of https://plant.example/ every 60 s takes 87 MB in 30 days, where 5 MB are allowed: ' +
        'in the long run it is tested every 17 min, and a dead path is noticed within 17 min instead of 68 s while no app sends',
    ]);
  });

  it('looks only at ports that the network instance may use', () => {
    const tests = { crew: { target: 'https://plant.example/', interval: '600s' } };
    expect(testWarnings(shipWith(tests))).toHaveLength(2);
    expect(testWarnings(shipWith(tests, { allowed: [0] }))).toEqual([]);
  });

  it('counts a target that several share once, at the shorter interval', () => {
    const target = 'icmp://192.0.2.1';
    const [warning, ...others] = testWarnings(
      shipWith({ crew: { target, interval: '60s' }, plant: { target, interval: '20s' } }, { allowed: [1] }),
    );
    expect(others).toEqual([]);
    expect(warning?.subject).toMatchObject({ id: PLANT });
    expect(warning?.description).toContain('every 20 s takes 7.6 MB in 30 days, where 5 MB');
  });

  it('adds up what is tested over a port, and names those who asked for an interval', () => {
    const tests = {
      crew: { target: 'https://crew.example/' },
      plant: { target: 'tcp://192.0.2.1:443', interval: '180s' },
    };
    expect(descriptions(shipWith(tests, { allowed: [1] }))).toEqual([
      expect.stringContaining('tcp://192.0.2.1:443 every 3 min takes 3.5 MB in 30 days, and 7.7 MB together with'),
    ]);
  });

  it("knows EVE's interval for all ports", () => {
    const configItems = [
      { key: 'timer.port.testinterval', value: '300' },
      { key: 'timer.port.timeout', value: '600' },
    ];
    const warnings = testWarnings(shipWith({}, { configItems }));
    expect(warnings.map(({ subject }) => subject)).toEqual([
      { kind: 'port-test', setting: 'timeout' },
      { kind: 'port-test', setting: 'interval' },
      { kind: 'port-test', setting: 'interval' },
      { kind: 'port-test', setting: 'interval' },
    ]);
  });

  it('says that a time limit is longer than the interval', () => {
    const test = { target: 'icmp://192.0.2.1', interval: '60s', timeout: '90s' };
    const [warning] = testWarnings(shipWith({ crew: test }, { allowed: [0] }));
    expect(warning?.subject).toEqual({ kind: 'network-instance', id: CREW, setting: 'timeout' });
    expect(warning?.description).toMatch(/^a test may take 90 s, and one is due every 60 s: /);
  });
});

describe('forecasts in words', () => {
  it.each([
    [500, '0.5 s'],
    [9_940, '9.9 s'],
    [119_000, '119 s'],
    [150_000, '2.5 min'],
    [7_200_000, '2 h'],
    [200_000_000, '2.3 d'],
  ])('%d ms: %s', (ms, text) => {
    expect(timeText(ms)).toBe(text);
  });

  it.each([
    [280_000, '0.3 MB'],
    [5e6, '5 MB'],
    [52_000e6, '52,000 MB'],
  ])('%d bytes: %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });
});

describe('a forecast', () => {
  it('comes true: the interval that a budget leaves, and the time until a dead path is noticed', async () => {
    const parsed = parseTarget('https://plant.example/');
    if (parsed.kind === 'invalid') throw new Error(parsed.problem);
    const test = { ...defaultTestSettings, target: parsed.target, intervalMs: 60_000 };
    const nim = new SimulatedNim({ ports: { wwan0: 1, sat0: 2 }, networkInstances: { crew: { test } } });
    for (let turn = 0; turn < 4; turn += 1) await nim.run(0);
    // What is saved up for bad days goes first.
    await nim.run(12 * 3_600_000);
    const before = nim.network.counts.bytes.get('wwan0') ?? 0;
    await nim.run(12 * 3_600_000);
    const testsMade = ((nim.network.counts.bytes.get('wwan0') ?? 0) - before) / 2_000;
    const foretoldMs = 17.28 * 60_000;
    expect(12 * 3_600_000).toBeLessThan(testsMade * foretoldMs * 1.1);
    expect(12 * 3_600_000).toBeGreaterThan(testsMade * foretoldMs * 0.9);
    nim.network.path('wwan0').state = 'dead';
    const tookMs = await nim.until('crew', 'sat0', 2 * foretoldMs);
    expect(tookMs).toBeLessThan(foretoldMs + 60_000 + 10_000);
    nim.close();
  });
});
