import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { PolicyChangeKind, type PolicyChange } from '../../../gen/zedagent/v1/policy.js';
import { VirtualClock } from '../../../lib/clock/index.js';
import { timestampOf } from '../../../lib/configuration/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import { EventLog } from './index.js';
import { PolicyEvents } from './policy-events.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const MADE = Date.UTC(2026, 2, 1);
let directory: string;
let log: EventLog;

const openLog = () =>
  EventLog.open({ path: join(directory, 'events.jsonl'), clock: new VirtualClock(MADE + 9_000), logger });

function change(policyVersion: bigint, more: Partial<PolicyChange> = {}): PolicyChange {
  return {
    policyVersion,
    kind: PolicyChangeKind.POLICY_CHANGE_KIND_UPDATED,
    time: timestampOf(MADE + Number(policyVersion)),
    author: 'ops',
    reason: 'drill',
    grantId: '',
    changes: [`change ${policyVersion}`],
    ...more,
  };
}

const ended = (policyVersion: bigint) =>
  change(policyVersion, { kind: PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_ENDED, grantId: 'g1' });
const grant = {
  id: 'g1',
  operation: NetworkOperation.NETWORK_OPERATION_LOG_UPLOAD,
  priorities: [1],
  networkInstanceId: undefined,
  reason: 'drill',
  author: 'ops',
  expiresAtWallMs: 0,
  endsAtBoottimeMs: 0,
};

function logged(): readonly string[] {
  return log
    .list(0)
    .map(({ event, wallMs }) =>
      event.kind === 'policy-changed' ? `${event.policyVersion} ${event.change} +${wallMs - MADE}` : '?',
    );
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evn-policy-events-'));
  log = await openLog();
});

afterEach(async () => {
  await log.close();
  await rm(directory, { recursive: true });
});

describe('PolicyEvents', () => {
  it('logs each change at the time at which it was made, with who made it and why', () => {
    new PolicyEvents(log).record([change(1n), change(2n, { kind: PolicyChangeKind.POLICY_CHANGE_KIND_DROPPED })]);
    expect(logged()).toEqual(['1 updated +1', '2 dropped +2']);
    expect(log.list(0)[0]?.event).toMatchObject({ author: 'ops', reason: 'drill', changes: ['change 1'] });
  });

  it('logs none twice, a restart of NIM included', async () => {
    new PolicyEvents(log).record([change(1n), change(2n)]);
    await log.close();
    log = await openLog();
    new PolicyEvents(log).record([change(1n), change(2n), change(3n)]);
    expect(logged()).toEqual(['1 updated +1', '2 updated +2', '3 updated +3']);
  });

  it('logs versions that begin anew because files were lost', () => {
    const events = new PolicyEvents(log);
    events.record([change(1n)]);
    events.record([change(1n, { time: timestampOf(MADE + 5_000) })]);
    expect(logged()).toEqual(['1 updated +1', '1 updated +5000']);
  });

  it.each([
    { what: 'NIM', byNimFirst: true, want: ['0 grant-ended +9000'] },
    { what: 'zedagent', byNimFirst: false, want: ['4 grant-ended +4'] },
  ])('logs the end of a grant once, as $what tells it first', ({ byNimFirst, want }) => {
    const events = new PolicyEvents(log);
    if (byNimFirst) events.recordEnds([grant]);
    events.record([ended(4n)]);
    events.recordEnds([grant]);
    expect(logged()).toEqual(want);
  });
});
