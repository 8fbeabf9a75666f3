import { describe, expect, it } from '@jest/globals';

import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { Grant } from '../../configuration/index.js';
import { evaluatePort, grantFor, type DecisionPolicy, type NetworkInstancePolicy, type PortPolicy } from './index.js';
import { NETWORK_INSTANCE_ID, policyFor, portPolicy } from './testing/scenario.js';

const {
  NETWORK_OPERATION_CONTROLLER: CONTROLLER,
  NETWORK_OPERATION_LOG_UPLOAD: LOG_UPLOAD,
  NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD: BASE_IMAGE,
  NETWORK_OPERATION_APP_IMAGE_DOWNLOAD: APP_IMAGE,
  NETWORK_OPERATION_APP_TRAFFIC: APP_TRAFFIC,
} = NetworkOperation;

interface OperationCase {
  readonly what: string;
  readonly port?: Partial<PortPolicy>;
  readonly priority?: number;
  readonly policy?: Partial<DecisionPolicy>;
  readonly operation: NetworkOperation;
  readonly want: readonly string[];
}

const operationCases: readonly OperationCase[] = [
  { what: 'controller on a management port', operation: CONTROLLER, want: [] },
  { what: 'controller on the dearest port', priority: 255, operation: CONTROLLER, want: [] },
  { what: 'controller elsewhere', port: { isManagement: false }, operation: CONTROLLER, want: ['not-management-port'] },
  { what: 'log upload elsewhere', port: { isManagement: false }, operation: LOG_UPLOAD, want: ['not-management-port'] },
  { what: 'downloads elsewhere', port: { isManagement: false }, operation: APP_IMAGE, want: ['not-management-port'] },
  { what: 'app traffic elsewhere', port: { isManagement: false }, operation: APP_TRAFFIC, want: [] },
  {
    what: 'app traffic on a management-only port',
    port: { usage: 'management-only' },
    operation: APP_TRAFFIC,
    want: ['usage-forbids'],
  },
  { what: 'controller on a management-only port', port: { usage: 'management-only' }, operation: CONTROLLER, want: [] },
  {
    what: 'controller on a port for apps',
    port: { usage: 'apps-shared' },
    operation: CONTROLLER,
    want: ['usage-forbids'],
  },
  { what: 'app traffic on a port for apps', port: { usage: 'apps-shared' }, operation: APP_TRAFFIC, want: [] },
  {
    what: 'anything on a dedicated port',
    port: { usage: 'dedicated-to-an-app' },
    operation: APP_TRAFFIC,
    want: ['usage-forbids'],
  },
  { what: 'anything on a disabled port', port: { usage: 'disabled' }, operation: CONTROLLER, want: ['usage-forbids'] },
  { what: 'a port for this operation', port: { allowedOperations: [LOG_UPLOAD] }, operation: LOG_UPLOAD, want: [] },
  {
    what: 'a port for another operation',
    port: { allowedOperations: [LOG_UPLOAD] },
    operation: CONTROLLER,
    want: ['operation-not-allowed-on-port'],
  },
  { what: 'download at the default limit', operation: BASE_IMAGE, want: [] },
  { what: 'download above the default limit', priority: 1, operation: BASE_IMAGE, want: ['priority-not-allowed'] },
  {
    what: 'download under a raised limit',
    priority: 10,
    policy: { downloadMaxCost: 10 },
    operation: APP_IMAGE,
    want: [],
  },
  {
    what: 'download by its own policy, against the limit',
    priority: 10,
    policy: { operationPriorities: new Map([[APP_IMAGE, only(10)]]) },
    operation: APP_IMAGE,
    want: [],
  },
  {
    what: 'a policy for another operation',
    priority: 10,
    policy: { operationPriorities: new Map([[BASE_IMAGE, only(10)]]) },
    operation: APP_IMAGE,
    want: ['priority-not-allowed'],
  },
  {
    what: 'an empty set',
    policy: { operationPriorities: new Map([[CONTROLLER, only()]]) },
    operation: CONTROLLER,
    want: ['priority-not-allowed'],
  },
  {
    what: 'every priority',
    priority: 99,
    policy: { operationPriorities: new Map([[APP_IMAGE, { kind: 'every-priority' }]]) },
    operation: APP_IMAGE,
    want: [],
  },
  {
    what: 'a grant for it',
    priority: 10,
    policy: { grants: [grant(APP_IMAGE, [10])] },
    operation: APP_IMAGE,
    want: [],
  },
  {
    what: 'a grant for another operation',
    priority: 10,
    policy: { grants: [grant(BASE_IMAGE, [10])] },
    operation: APP_IMAGE,
    want: ['priority-not-allowed'],
  },
  {
    what: 'a grant for another priority',
    priority: 10,
    policy: { grants: [grant(APP_IMAGE, [9, 11])] },
    operation: APP_IMAGE,
    want: ['priority-not-allowed'],
  },
  {
    what: "a grant against the port's own limits",
    port: { isManagement: false, usage: 'apps-shared', allowedOperations: [LOG_UPLOAD] },
    priority: 10,
    policy: { grants: [grant(APP_IMAGE, [10])] },
    operation: APP_IMAGE,
    want: ['usage-forbids', 'not-management-port', 'operation-not-allowed-on-port'],
  },
  {
    what: 'all reasons at once',
    port: { isManagement: false, usage: 'disabled', allowedOperations: [APP_TRAFFIC] },
    priority: 5,
    operation: BASE_IMAGE,
    want: ['usage-forbids', 'not-management-port', 'operation-not-allowed-on-port', 'priority-not-allowed'],
  },
];

function only(...priorities: readonly number[]) {
  return { kind: 'priorities', priorities } as const;
}

function grant(operation: NetworkOperation, priorities: readonly number[], more: Partial<Grant> = {}): Grant {
  return {
    id: 'g1',
    operation,
    priorities,
    networkInstanceId: undefined,
    reason: 'drill',
    author: 'ops',
    expiresAtWallMs: 0,
    endsAtBoottimeMs: 0,
    ...more,
  };
}

interface NetworkInstanceCase {
  readonly what: string;
  readonly port?: Partial<PortPolicy>;
  readonly priority?: number;
  readonly policy?: Partial<DecisionPolicy>;
  readonly networkInstance?: Partial<NetworkInstancePolicy>;
  readonly want: readonly string[];
}

const networkInstanceCases: readonly NetworkInstanceCase[] = [
  { what: 'a port with the label', want: [] },
  { what: 'a port without the label', networkInstance: { portLabel: 'sat' }, want: ['label-mismatch'] },
  { what: 'by shared label', port: { labels: ['eth0', 'sat'] }, networkInstance: { portLabel: 'sat' }, want: [] },
  { what: 'a route by a label that the port has', networkInstance: { viaLabel: 'eth0' }, want: [] },
  { what: 'a route by another label', networkInstance: { viaLabel: 'sat' }, want: ['label-mismatch'] },
  {
    what: "a route by its label, on a port that is not the network instance's",
    port: { labels: ['eth0', 'sat'] },
    networkInstance: { portLabel: 'uplinks', viaLabel: 'sat' },
    want: ['label-mismatch'],
  },
  { what: 'air-gapped', networkInstance: { portLabel: undefined }, want: ['label-mismatch'] },
  { what: 'a port for management', port: { usage: 'management-only' }, want: ['usage-forbids'] },
  { what: 'not a management port', port: { isManagement: false }, want: [] },
  {
    what: 'a port not for app traffic',
    port: { allowedOperations: [CONTROLLER] },
    want: ['operation-not-allowed-on-port'],
  },
  {
    what: 'outside its set',
    priority: 10,
    networkInstance: { allowedPriorities: only(0) },
    want: ['priority-not-allowed'],
  },
  { what: 'an empty set', networkInstance: { allowedPriorities: only() }, want: ['priority-not-allowed'] },
  {
    what: 'outside the set for app traffic',
    priority: 10,
    policy: { operationPriorities: new Map([[APP_TRAFFIC, only(0)]]) },
    want: ['priority-not-allowed'],
  },
  {
    what: 'its own set wins over that for app traffic',
    priority: 10,
    policy: { operationPriorities: new Map([[APP_TRAFFIC, only(0)]]) },
    networkInstance: { allowedPriorities: only(10) },
    want: [],
  },
  {
    what: 'a grant for every network instance, against its own set',
    priority: 10,
    networkInstance: { allowedPriorities: only(0) },
    policy: { grants: [grant(APP_TRAFFIC, [10])] },
    want: [],
  },
  {
    what: 'a grant for this network instance',
    priority: 10,
    networkInstance: { allowedPriorities: only(0) },
    policy: { grants: [grant(APP_TRAFFIC, [10], { networkInstanceId: NETWORK_INSTANCE_ID })] },
    want: [],
  },
  {
    what: 'a grant for another network instance',
    priority: 10,
    networkInstance: { allowedPriorities: only(0) },
    policy: { grants: [grant(APP_TRAFFIC, [10], { networkInstanceId: 'another' })] },
    want: ['priority-not-allowed'],
  },
  {
    what: 'a grant does not replace a label',
    priority: 10,
    networkInstance: { portLabel: 'sat', allowedPriorities: only(0) },
    policy: { grants: [grant(APP_TRAFFIC, [10])] },
    want: ['label-mismatch'],
  },
  { what: 'the download limit is none of its business', priority: 200, want: [] },
];

describe('evaluatePort', () => {
  it.each(operationCases)('operation: $what', ({ port, priority = 0, policy = {}, operation, want }) => {
    const subjectPolicy = { ...policyFor([]), ...policy };
    const reasons = evaluatePort(portPolicy('eth0', priority, port), { kind: 'operation', operation }, subjectPolicy);
    expect(reasons.map(({ code }) => code)).toEqual(want);
  });

  it.each(networkInstanceCases)(
    'network instance: $what',
    ({ port, priority = 0, policy = {}, networkInstance = {}, want }) => {
      const subjectPolicy = { ...policyFor([]), ...policy };
      const [base] = subjectPolicy.networkInstances;
      if (base === undefined) throw new Error('the policy has one');
      const reasons = evaluatePort(
        portPolicy('eth0', priority, port),
        { kind: 'network-instance', networkInstance: { ...base, ...networkInstance } },
        subjectPolicy,
      );
      expect(reasons.map(({ code }) => code)).toEqual(want);
    },
  );
});

describe('grantFor', () => {
  const early = grant(APP_IMAGE, [2], { id: 'early', endsAtBoottimeMs: 1_000 });
  const late = grant(APP_IMAGE, [2, 3], { id: 'late', endsAtBoottimeMs: 2_000 });

  it.each<{ what: string; priority: number; grants: readonly Grant[]; want: string | undefined }>([
    {
      what: 'none where the limit itself includes the priority',
      priority: 0,
      grants: [grant(APP_IMAGE, [0])],
      want: undefined,
    },
    { what: 'the one that ends last', priority: 2, grants: [late, early], want: 'late' },
    { what: 'the one that ends last, however they stand', priority: 2, grants: [early, late], want: 'late' },
    { what: 'the one that has the priority', priority: 3, grants: [early, late], want: 'late' },
    { what: 'none where none has it', priority: 4, grants: [early, late], want: undefined },
  ])('answers $what', ({ priority, grants, want }) => {
    const subject = { kind: 'operation', operation: APP_IMAGE } as const;
    expect(grantFor(portPolicy('sat0', priority), subject, { ...policyFor([]), grants })?.id).toBe(want);
  });
});
