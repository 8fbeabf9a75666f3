import { describe, expect, it } from '@jest/globals';
import { Event } from '../../gen/nim/v1/event.js';
import { SelectionCause } from '../../gen/nim/v1/network_instance_test_status.js';
import { PolicyChangeKind } from '../../gen/zedagent/v1/policy.js';
import { eventLine } from './event-line.js';

const time = { seconds: 1_772_366_400n, nanos: 1_000_000 };
const selection = { networkInstanceId: 'id-1', displayName: 'ni1', fromPort: 'eth0', toPort: 'wwan0' };

const cases: readonly (readonly [string, Event['kind'], string])[] = [
  [
    'a selection with its cause',
    {
      $case: 'selectionChanged',
      value: { ...selection, cause: SelectionCause.SELECTION_CAUSE_LINK_LOST, causeDetail: 'eth0 has no carrier' },
    },
    'network instance ni1: eth0 -> wwan0 (link lost: eth0 has no carrier)',
  ],
  [
    'no port left',
    {
      $case: 'selectionChanged',
      value: { ...selection, toPort: '', cause: SelectionCause.SELECTION_CAUSE_UNSPECIFIED, causeDetail: '' },
    },
    'network instance ni1: eth0 -> no port',
  ],
  [
    'a port',
    { $case: 'portChanged', value: { logicalLabel: 'eth0', interface: 'eth0', changes: ['carrier lost', 'gone'] } },
    'port eth0: carrier lost, gone',
  ],
  [
    'a port whose interface has another name',
    { $case: 'portChanged', value: { logicalLabel: 'uplink1', interface: 'eth0', changes: ['carrier back'] } },
    'port uplink1 (eth0): carrier back',
  ],
  [
    'a configuration',
    { $case: 'configurationChanged', value: { version: 7n, author: 'ops', changes: [], reason: '' } },
    'configuration version 7 by ops',
  ],
  [
    'what went and came with it',
    {
      $case: 'configurationChanged',
      value: {
        ...{ version: 9n, author: 'zedagent', changes: ['port sat0 goes', 'app app1 comes'] },
        reason: 'version 7 returns: version 8 was not confirmed in time',
      },
    },
    'configuration version 9 by zedagent: version 7 returns: version 8 was not confirmed in time; port sat0 goes, app app1 comes',
  ],
  [
    'its author unknown',
    { $case: 'configurationChanged', value: { version: 7n, author: '', changes: [], reason: '' } },
    'configuration version 7',
  ],
  [
    'a policy',
    {
      $case: 'policyChanged',
      value: {
        policyVersion: 3n,
        kind: PolicyChangeKind.POLICY_CHANGE_KIND_UPDATED,
        author: 'ops',
        reason: 'storm',
        grantId: '',
        changes: ['priority of sat0: 2 -> 1', 'business: 0-1 -> 0'],
      },
    },
    'policy: priority of sat0: 2 -> 1; business: 0-1 -> 0 (ops: storm)',
  ],
  [
    'the end of a grant',
    {
      $case: 'policyChanged',
      value: {
        policyVersion: 4n,
        kind: PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_ENDED,
        author: '',
        reason: '',
        grantId: 'g',
        changes: ['grant g has ended'],
      },
    },
    'policy: grant g has ended',
  ],
  ['something newer than this command', undefined, 'an event of a kind that this command does not know'],
];

describe('eventLine', () => {
  it.each(cases)('tells %s', (_what, kind, expected) => {
    expect(eventLine({ ...Event.fromPartial({ sequence: 12n, time }), kind })).toBe(
      `2026-03-01 12:00:00.001Z  #12  ${expected}`,
    );
  });
});
