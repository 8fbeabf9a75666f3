import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { AvailabilityPeriod, Outage } from '../../../gen/nim/v1/availability.js';
import { SelectionCause } from '../../../gen/nim/v1/network_instance_test_status.js';
import { durationInMs, wallMsOf } from '../../../lib/configuration/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import type { Instrumentation } from '../metrics/instrumentation.js';
import { SimulatedNim } from '../testing/simulated-nim.js';
import { parseOutage } from './outage.js';
import { openAvailability, type Availability } from './index.js';

const logger = createLogger({ service: 'test', level: 'silent' });

let stateDir: string;
let availability: Availability | undefined;
let nim: SimulatedNim;

/** A NIM whose decisions the keeper hears of, as it does in the service. */
async function launch(): Promise<void> {
  const late: { keeper?: Instrumentation } = {};
  nim = new SimulatedNim({
    ports: { eth0: 0, wwan0: 1 },
    networkInstances: { crew: {} },
    instrument: () => ({
      onDecision: (measured) => late.keeper?.onDecision(measured),
      onSelectionChanged: (change, measured) => late.keeper?.onSelectionChanged(change, measured),
    }),
  });
  await open(late);
  // The first decision was made before anybody could hear of it.
  nim.configure({ crew: {} });
  await aftermath();
}

/** What follows a decision does so after a turn or two. */
async function aftermath(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await nim.run(0);
}

async function read(words: Readonly<Record<string, string>>): Promise<void> {
  nim.read(words);
  await aftermath();
}

async function open(late: { keeper?: Instrumentation }): Promise<void> {
  const { publisher, clock } = nim;
  availability = await openAvailability({ stateDir, clock, logger, publisher, budgetOf: () => undefined });
  late.keeper = availability.keeper;
}

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'eva-'));
});

afterEach(async () => {
  await availability?.keeper.close();
  await rm(stateDir, { recursive: true, force: true });
});

async function periods(): Promise<readonly AvailabilityPeriod[]> {
  const all: AvailabilityPeriod[] = [];
  for await (const period of availability?.periods(0, Infinity) ?? []) all.push(period);
  return all;
}

/** Of the only hour: seconds in each state. */
async function seconds(port: string): Promise<Readonly<Record<string, number>>> {
  const found = (await periods())[0]?.ports.find(({ logicalLabel }) => logicalLabel === port);
  const { working, untested, failing, unusable } = found ?? {};
  const whole = Object.entries({ working, untested, failing, unusable }).map(
    ([state, duration]) => [state, Math.round(durationInMs(duration) / 1_000)] as const,
  );
  return Object.fromEntries(whole.filter(([, each]) => each > 0));
}

function outages(): readonly string[] {
  return (availability?.outages(0, Infinity) ?? []).map((outage: Outage) => {
    const { subject, begin, end, cause, fromPort, toPort } = outage;
    const lasted = end === undefined ? 'lasts' : `${Math.round((wallMsOf(end) - wallMsOf(begin)) / 1_000)} s`;
    return `${subject?.value ?? ''} ${lasted} ${fromPort}>${toPort} ${cause}`;
  });
}

describe('availability', () => {
  it('counts how long ports and network instances were in which state, and why they moved', async () => {
    await launch();
    await nim.run(60_000);
    await read({ eth0: 'no-carrier' });
    await nim.run(30_000);
    await read({ eth0: 'up' });
    await nim.run(60_000);
    expect(await seconds('eth0')).toEqual({ working: 120, unusable: 30 });
    expect(await seconds('wwan0')).toEqual({ working: 150 });
    const [period] = await periods();
    const crew = period?.networkInstances.find(({ networkInstanceId }) => networkInstanceId === 'crew');
    expect(crew).toMatchObject({ displayName: 'crew' });
    expect(Math.round(durationInMs(crew?.online) / 1_000)).toBe(150);
    const shares = crew?.ports.map(({ logicalLabel, priority, selected }) => [
      ...[logicalLabel, priority],
      durationInMs(selected) > 20_000,
    ]);
    expect(shares).toEqual([
      ['eth0', 0, true],
      ['wwan0', 1, true],
    ]);
    expect(crew?.causes).toEqual(
      expect.arrayContaining([
        { cause: SelectionCause.SELECTION_CAUSE_LINK_LOST, count: 1 },
        { cause: SelectionCause.SELECTION_CAUSE_BETTER_PORT, count: 1 },
      ]),
    );
  });

  it('keeps outages of ports, and those of a network instance that a move has ended', async () => {
    await launch();
    await nim.run(10_000);
    await read({ eth0: 'no-carrier' });
    await nim.run(20_000);
    expect(outages()).toEqual([
      expect.stringMatching(/^crew 0 s eth0>wwan0 /),
      expect.stringMatching(/^eth0 lasts > no carrier$/),
    ]);
    await read({ eth0: 'up' });
    await nim.run(10_000);
    expect(outages()).toContainEqual(expect.stringMatching(/^eth0 20 s > no carrier$/));
  });

  it('has an outage of a network instance that has no other port, until it has one', async () => {
    await launch();
    await nim.run(10_000);
    await read({ eth0: 'no-carrier', wwan0: 'no-carrier' });
    await nim.run(20_000);
    await read({ wwan0: 'up' });
    await nim.run(10_000);
    expect(outages()).toContainEqual(expect.stringMatching(/^crew 20 s eth0>wwan0 no port: none usable$/));
  });

  it('goes on over a kill: with the outage that lasts, and counts none of the time in between', async () => {
    await launch();
    await nim.run(60_000);
    await read({ eth0: 'no-carrier' });
    await nim.run(30_000);
    await availability?.keeper.close();
    const late: { keeper?: Instrumentation } = {};
    await nim.run(100_000);
    await open(late);
    await nim.run(100_000);
    // Nothing has been decided since: what is, is not known yet.
    expect(await seconds('eth0')).toEqual({ working: 60, unusable: 30 });
    expect(outages()).toContainEqual(expect.stringMatching(/^eth0 lasts > no carrier$/));
  });

  it('takes no line for an outage that is none', () => {
    const outage = { kind: 'port', id: 'eth0', name: '', beginMs: 1, endMs: 2, detectionMs: 1, cause: '' };
    const whole = { ...outage, failure: 0, fromPort: '', toPort: '' };
    expect(parseOutage(JSON.stringify(whole))).toEqual(whole);
    for (const wrong of ['', 'null', '[]', '{"kind":"port"}', JSON.stringify({ ...whole, failure: 999 })]) {
      expect(parseOutage(wrong)).toBeUndefined();
    }
  });
});
