import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { PolicyChangeKind } from '../../../gen/zedagent/v1/policy.js';
import { VirtualClock } from '../../../lib/clock/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import { EventLog, eventMessage, type ManagerEvent, type LoggedEvent } from './index.js';

const events: readonly ManagerEvent[] = [
  { kind: 'port-changed', label: 'shore', interfaceName: 'eth0', changes: ['carrier lost'] },
  {
    kind: 'selection-changed',
    networkInstanceId: 'ni-1',
    networkInstanceName: 'crew',
    fromPort: 'shore',
    toPort: undefined,
    cause: 'link-lost',
    causeDetail: 'shore: no carrier',
  },
  {
    kind: 'configuration-changed',
    version: 18_446_744_073_709_551_615n,
    author: 'bridge',
    changes: ['port sat0 goes', 'app app1 comes'],
    reason: 'version 7 returns: version 8 was not confirmed in time',
  },
  {
    kind: 'policy-changed',
    policyVersion: 7n,
    change: 'grant-created',
    author: 'ops',
    reason: 'crew change',
    grantId: 'ab12',
    changes: ['grant ab12: app image download may use priority 2'],
  },
  {
    kind: 'policy-changed',
    policyVersion: 8n,
    change: 'updated',
    author: '',
    reason: '',
    grantId: undefined,
    changes: [],
  },
];

const carrierLost: ManagerEvent = {
  kind: 'port-changed',
  label: 'shore',
  interfaceName: 'eth0',
  changes: ['carrier lost'],
};

let directory: string;
let path: string;
const logger = createLogger({ service: 'test', level: 'silent' });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evn-events-'));
  path = join(directory, 'state', 'events.jsonl');
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

function openLog(clock = new VirtualClock()): Promise<EventLog> {
  return EventLog.open({ path, clock, logger });
}

async function logWith(count: number): Promise<void> {
  const log = await openLog();
  for (let number = 0; number < count; number += 1) log.append(carrierLost);
  await log.close();
}

function sequences(events: readonly LoggedEvent[]): readonly number[] {
  return events.map(({ sequence }) => sequence);
}

describe('EventLog', () => {
  it('keeps events of every kind over a restart, and goes on in sequence', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 4, 1));
    const before = await openLog(clock);
    for (const event of events) before.append(event);
    clock.advance(1_000);
    before.append(carrierLost);
    await before.close();
    const after = await openLog(clock);
    expect(after.list(0)).toEqual(before.list(0));
    after.append(carrierLost);
    expect(sequences(after.list(events.length))).toEqual([6, 7]);
    expect(after.list(events.length).map(({ wallMs }) => wallMs)).toEqual([
      Date.UTC(2026, 4, 1) + 1_000,
      Date.UTC(2026, 4, 1) + 1_000,
    ]);
    await after.close();
  });

  it('drops a torn last line and writes the next event on a line of its own', async () => {
    await logWith(2);
    await appendFile(path, '{"sequence":3,"time":"2026-');
    const log = await openLog();
    log.append(carrierLost);
    await log.close();
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence)).toEqual([1, 2, 3]);
  });

  it('leaves out damaged lines and keeps the rest', async () => {
    await logWith(3);
    const [first, , third] = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, `${String(first)}\n\0\0\0\0\n{"sequence":2}\n${String(third)}\n`);
    const log = await openLog();
    expect(sequences(log.list(0))).toEqual([1, 3]);
    expect(sequences(log.list(1))).toEqual([3]);
    log.append(carrierLost);
    expect(sequences(log.list(2))).toEqual([3, 4]);
    await log.close();
  });

  it('is bounded in memory and on disk', async () => {
    await logWith(12_345);
    const log = await openLog();
    const kept = log.list(0);
    expect(kept.length).toBeLessThanOrEqual(10_000);
    expect(kept.length).toBeGreaterThanOrEqual(5_000);
    expect(kept.at(-1)?.sequence).toBe(12_345);
    for (let number = 0; number < 10_000; number += 1) log.append(carrierLost);
    expect(log.list(0)).toHaveLength(10_000);
    expect(sequences(log.list(22_344))).toEqual([22_345]);
    await log.close();
  });

  it('hands a watcher what is kept, then what comes, until it leaves', async () => {
    await logWith(2);
    const log = await openLog();
    const leaving = new AbortController();
    const seen: number[] = [];
    const watching = (async () => {
      for await (const { sequence } of log.watch(1, leaving.signal)) {
        seen.push(sequence);
        if (sequence === 2) log.append(carrierLost);
        if (sequence === 4) leaving.abort();
        if (sequence === 3)
          setImmediate(() => {
            log.append(carrierLost);
          });
      }
    })();
    await watching;
    expect(seen).toEqual([2, 3, 4]);
    await log.close();
  });

  it('gives everything to a watcher who comes with a number of another log', async () => {
    await logWith(1);
    const log = await openLog();
    expect(sequences(log.list(77))).toEqual([1]);
    for await (const { sequence } of log.watch(77, AbortSignal.timeout(2_000))) {
      expect(sequence).toBe(1);
      break;
    }
    await log.close();
  });

  it('goes on in memory where the disk does not take it', async () => {
    await writeFile(join(directory, 'state'), 'a file where a directory should be');
    const log = await openLog();
    log.append(carrierLost);
    expect(sequences(log.list(0))).toEqual([1]);
    await log.close();
  });

  it('makes messages of every kind', () => {
    const messages = events.map((event, position) => eventMessage({ sequence: position + 1, wallMs: 1_500, event }));
    expect(messages).toEqual([
      {
        sequence: 1n,
        time: { seconds: 1n, nanos: 500_000_000 },
        kind: { $case: 'portChanged', value: { logicalLabel: 'shore', interface: 'eth0', changes: ['carrier lost'] } },
      },
      {
        sequence: 2n,
        time: { seconds: 1n, nanos: 500_000_000 },
        kind: {
          $case: 'selectionChanged',
          value: {
            networkInstanceId: 'ni-1',
            displayName: 'crew',
            fromPort: 'shore',
            toPort: '',
            cause: 2,
            causeDetail: 'shore: no carrier',
          },
        },
      },
      {
        sequence: 3n,
        time: { seconds: 1n, nanos: 500_000_000 },
        kind: {
          $case: 'configurationChanged',
          value: {
            version: 18_446_744_073_709_551_615n,
            author: 'bridge',
            changes: ['port sat0 goes', 'app app1 comes'],
            reason: 'version 7 returns: version 8 was not confirmed in time',
          },
        },
      },
      {
        sequence: 4n,
        time: { seconds: 1n, nanos: 500_000_000 },
        kind: {
          $case: 'policyChanged',
          value: {
            policyVersion: 7n,
            kind: PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_CREATED,
            author: 'ops',
            reason: 'crew change',
            grantId: 'ab12',
            changes: ['grant ab12: app image download may use priority 2'],
          },
        },
      },
      {
        sequence: 5n,
        time: { seconds: 1n, nanos: 500_000_000 },
        kind: {
          $case: 'policyChanged',
          value: {
            policyVersion: 8n,
            kind: PolicyChangeKind.POLICY_CHANGE_KIND_UPDATED,
            author: '',
            reason: '',
            grantId: '',
            changes: [],
          },
        },
      },
    ]);
  });
});
