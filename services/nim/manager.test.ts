import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../../lib/clock/index.js';
import { createLogger } from '../../lib/observability/index.js';
import { untilSent } from '../../lib/rpc/index.js';
import type { DecisionMemory } from '../../lib/decision/decide/index.js';
import { portAs } from '../../lib/decision/decide/testing/scenario.js';
import { EventLog } from './events/index.js';
import { noInstrumentation } from './metrics/instrumentation.js';
import { Manager } from './manager.js';
import type { ObservedPort, Reading } from './observe/index.js';
import { Publisher, type ConfigurationInForce } from './publish/index.js';
import { describeChanges, sameObservation, type PortObservation } from '../../lib/decision/snapshot/index.js';
import { configurationOf, networkInstanceModel, portModel } from './testing/model.js';

let directory: string;
let clock: VirtualClock;
let events: EventLog;
let publisher: Publisher;
let manager: Manager;
let watched: readonly ObservedPort[];
let saved: DecisionMemory | undefined;
const logger = createLogger({ service: 'test', level: 'silent' });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evn-manager-'));
  clock = new VirtualClock(Date.UTC(2026, 0, 1));
  events = await EventLog.open({ path: join(directory, 'events.jsonl'), clock, logger });
  start();
});

afterEach(async () => {
  manager.close();
  await events.close();
  await rm(directory, { recursive: true });
});

function start(memory?: DecisionMemory): void {
  publisher = new Publisher(clock);
  last = new Map();
  manager = new Manager({
    clock,
    logger,
    publisher,
    events,
    instrumentation: noInstrumentation,
    ...(memory === undefined ? {} : { memory }),
    observe: (ports) => {
      watched = ports;
    },
    untilTold: untilSent,
    onMemory: (latest) => {
      saved = latest;
    },
  });
}

let last: Map<string, PortObservation>;

/** What the observer would tell after these ports have come to be as the words say. */
function read(words: Readonly<Record<string, string>>): void {
  const changed: Reading['changed'][number][] = [];
  for (const [label, word] of Object.entries(words)) {
    const observation = portAs(label, word);
    const before = last.get(label);
    last.set(label, observation);
    if (before !== undefined && sameObservation(before, observation)) continue;
    changed.push({ label, interfaceName: label, changes: describeChanges(before, observation) });
  }
  const observations = new Map([...last].map(([label, observation]) => [label, { interfaceName: label, observation }]));
  manager.onReading({ observations, changed, askedAtMs: clock.monotonicMs(), readAtMs: clock.monotonicMs() });
}

function configuration(version: bigint, ports: Readonly<Record<string, number>>): ConfigurationInForce {
  return configurationOf(version, {
    ports: Object.entries(ports).map(([label, priority]) => portModel(label, priority)),
    networkInstances: [networkInstanceModel('crew')],
  });
}

function selected(): string | undefined {
  return publisher.networkInstanceTestStatuses()[0]?.selectedPort?.logicalLabel;
}

/** What is left for after the streams. */
async function aftermath(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function eventSummaries(): readonly string[] {
  return events.list(0).map(({ event }) => {
    switch (event.kind) {
      case 'port-changed':
        return `${event.label}: ${event.changes.join(', ')}`;
      case 'selection-changed':
        return `${event.networkInstanceName}: ${event.fromPort ?? '-'} -> ${event.toPort ?? '-'} (${event.cause})`;
      case 'configuration-changed':
        return `configuration ${event.version}`;
      case 'port-test-changed':
        return `${event.label}: ${event.to}`;
      case 'policy-changed':
        return `policy ${event.policyVersion}`;
    }
  });
}

describe('Manager', () => {
  it('says nothing before it knows the configuration and has read all of its ports', () => {
    manager.onConfiguration(configuration(1n, { eth0: 0, wwan0: 10 }));
    expect(watched.map(({ interfaceName }) => interfaceName)).toEqual(['eth0', 'wwan0']);
    expect(publisher.published).toBeUndefined();
    read({ eth0: 'up' });
    expect(publisher.published).toBeUndefined();
    read({ wwan0: 'up' });
    expect(selected()).toBe('eth0');
  });

  it('moves within the turn in which it is told, and logs afterwards', async () => {
    manager.onConfiguration(configuration(1n, { eth0: 0, wwan0: 10 }));
    read({ eth0: 'up', wwan0: 'up' });
    await aftermath();
    const logged = events.lastSequence;
    read({ eth0: 'no-carrier' });
    expect(selected()).toBe('wwan0');
    expect(publisher.ports.get('eth0')).toMatchObject({ linkState: 3 });
    expect(events.lastSequence).toBe(logged);
    await aftermath();
    expect(eventSummaries()).toEqual([
      'configuration 1',
      'crew-net: - -> eth0 (first)',
      'eth0: carrier lost',
      'crew-net: eth0 -> wwan0 (link-lost)',
    ]);
  });

  it('records on closing what it has just decided', () => {
    manager.onConfiguration(configuration(1n, { eth0: 0, wwan0: 1 }));
    read({ eth0: 'up', wwan0: 'up' });
    saved = undefined;
    read({ eth0: 'no-carrier' });
    expect(saved).toBeUndefined();
    manager.close();
    expect(eventSummaries().slice(-1)).toEqual(['crew-net: eth0 -> wwan0 (link-lost)']);
    expect([...((saved as DecisionMemory | undefined)?.selections.values() ?? [])].map(({ port }) => port)).toEqual([
      'wwan0',
    ]);
  });

  it('goes back by itself when the hold is over', () => {
    manager.onConfiguration(configuration(1n, { eth0: 0, wwan0: 10 }));
    read({ eth0: 'up', wwan0: 'up' });
    read({ eth0: 'no-carrier' });
    clock.advance(10_000);
    read({ eth0: 'up' });
    clock.advance(29_900);
    expect(selected()).toBe('wwan0');
    clock.advance(200);
    expect(selected()).toBe('eth0');
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes a policy at once where it brings no new port', () => {
    manager.onConfiguration(configuration(1n, { eth0: 0, wwan0: 10 }));
    read({ eth0: 'up', wwan0: 'up' });
    manager.onConfiguration(configuration(2n, { eth0: 20, wwan0: 10 }));
    expect(selected()).toBe('wwan0');
    expect(publisher.basis.configVersion).toBe(2n);
  });

  it('keeps deciding by the old configuration until the ports of the new one are read', () => {
    manager.onConfiguration(configuration(1n, { eth0: 0, wwan0: 10 }));
    read({ eth0: 'up', wwan0: 'up' });
    manager.onConfiguration(configuration(2n, { wwan0: 10, sat0: 0 }));
    last.delete('eth0');
    read({ wwan0: 'up' });
    expect(selected()).toBe('eth0');
    read({ sat0: 'up' });
    expect(selected()).toBe('sat0');
    expect(publisher.ports.list().map(({ logicalLabel }) => logicalLabel)).toEqual(['wwan0', 'sat0']);
  });

  it('makes no news of a reading that found nothing, but of its time when asked', () => {
    manager.onConfiguration(configuration(1n, { eth0: 0 }));
    read({ eth0: 'up' });
    const revisions = [publisher.ports.revision, publisher.testStatuses.revision];
    clock.advance(30_000);
    read({ eth0: 'up' });
    expect([publisher.ports.revision, publisher.testStatuses.revision]).toEqual(revisions);
    const now = { seconds: BigInt(Date.UTC(2026, 0, 1) / 1000 + 30), nanos: 0 };
    expect(publisher.deviceNetworkStatus()?.ports[0]?.lastSucceeded).toEqual(now);
    expect(publisher.networkInstanceTestStatuses()[0]?.candidates[0]?.lastSucceeded).toEqual(now);
  });

  it('makes no news of a wall clock that was set', () => {
    manager.onConfiguration(configuration(1n, { eth0: 0, wwan0: 10 }));
    read({ eth0: 'up', wwan0: 'up' });
    const { revision } = publisher.testStatuses;
    const status = publisher.testStatuses.get('crew');
    const wallMs = clock.wallMs.bind(clock);
    clock.wallMs = () => wallMs() + 3_600_000;
    manager.onConfiguration(configuration(1n, { eth0: 0, wwan0: 10 }));
    expect([publisher.testStatuses.revision, publisher.testStatuses.get('crew')]).toEqual([revision, status]);
  });

  it('goes on with a hold after a restart, and does not log the same configuration twice', async () => {
    manager.onConfiguration(configuration(1n, { eth0: 0, wwan0: 10 }));
    read({ eth0: 'up', wwan0: 'up' });
    read({ eth0: 'no-carrier' });
    clock.advance(10_000);
    read({ eth0: 'up' });
    await aftermath();
    const before = eventSummaries();
    manager.close();
    start(saved);
    manager.onConfiguration(configuration(1n, { eth0: 0, wwan0: 10 }));
    clock.advance(1_000);
    read({ eth0: 'up', wwan0: 'up' });
    expect(selected()).toBe('wwan0');
    await aftermath();
    expect(eventSummaries()).toEqual(before);
    clock.advance(29_100);
    expect(selected()).toBe('eth0');
  });

  it('does not take what was read of one interface for another of the same label', () => {
    manager.onConfiguration(configuration(1n, { eth0: 0, wwan0: 10 }));
    read({ eth0: 'up', wwan0: 'up' });
    const moved = configuration(2n, { eth0: 0, wwan0: 10 });
    const ports = moved.model.ports.map((port) => (port.label === 'eth0' ? { ...port, interfaceName: 'eth7' } : port));
    manager.onConfiguration({ ...moved, model: { ...moved.model, ports } });
    expect(publisher.basis.configVersion).toBe(1n);
    const observations = new Map([
      ['eth0', { interfaceName: 'eth7', observation: portAs('eth0', 'no-carrier') }],
      ['wwan0', { interfaceName: 'wwan0', observation: portAs('wwan0', 'up') }],
    ]);
    manager.onReading({ observations, changed: [], askedAtMs: clock.monotonicMs(), readAtMs: clock.monotonicMs() });
    expect(publisher.basis.configVersion).toBe(2n);
    expect(selected()).toBe('wwan0');
  });
});
