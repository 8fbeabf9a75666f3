import { describe, expect, it } from '@jest/globals';

import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import type { PolicyOverride, PolicyPatch } from '../../../gen/zedagent/v1/policy.js';
import { configFromJson, interpret, patchOverrides, Problems, withoutOrphans, type DeviceModel } from '../index.js';
import {
  networkInstancePriorities,
  operationPriorities,
  patchOf,
  portOperations,
  portPriority,
} from './patch-parts.js';
import { app, local, modelOf, physical, portMap, ship, uuid, type Json } from '../testing/ship-json.js';

const {
  NETWORK_OPERATION_APP_IMAGE_DOWNLOAD: APP_IMAGE,
  NETWORK_OPERATION_LOG_UPLOAD: LOG_UPLOAD,
  NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD: BASE_IMAGE,
  NETWORK_OPERATION_APP_TRAFFIC: APP_TRAFFIC,
} = NetworkOperation;

const json = ship({
  deviceIoList: [
    physical('eth0'),
    physical('wwan0', { usagePolicy: { allowedOperations: ['NETWORK_OPERATION_CONTROLLER'] } }),
  ],
  networkInstances: [local(1, { allowedPriorities: { priorities: [0] } }), local(2)],
  operationPolicies: [{ operation: 'NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD', allowed: { priorities: [0, 1] } }],
  configItems: [{ key: 'network.download.max.cost', value: '3' }],
});
const configured = modelOf(json);
const origin = { author: 'ops', reason: 'drill', setAt: undefined, policyVersion: 1n };

function patched(patch: Partial<PolicyPatch>, before: readonly PolicyOverride[] = [], model: DeviceModel = configured) {
  const problems = new Problems();
  const result = patchOverrides(before, patchOf(patch), model, origin, problems);
  return { ...result, fields: problems.list.map(({ field }) => field) };
}

function effective(overrides: readonly PolicyOverride[], of: Json = json): DeviceModel {
  const interpretation = interpret(configFromJson(of), { overrides: [...overrides], grants: [] });
  if (interpretation.kind === 'invalid') throw new Error(JSON.stringify(interpretation.problems));
  return interpretation.model;
}

describe('patchOverrides', () => {
  it.each<{
    what: string;
    patch: Partial<PolicyPatch>;
    changes: readonly string[];
    want: (model: DeviceModel) => unknown;
    is: unknown;
  }>([
    {
      what: "a port's priority, and the labels that follow from it",
      patch: { ports: [portPriority('wwan0', 0)] },
      changes: ['priority of wwan0: 5 (configuration) -> 0 (override)'],
      want: ({ ports }) => [ports[1]?.priority, ports[1]?.labels.includes('freeuplink')],
      is: [0, true],
    },
    {
      what: 'a port that is free no longer',
      patch: { ports: [portPriority('eth0', 7)] },
      changes: ['priority of eth0: 0 (configuration) -> 7 (override)'],
      want: ({ ports }) => [ports[0]?.priority, ports[0]?.labels],
      is: [7, ['eth0', 'all', 'uplink']],
    },
    {
      what: "a port's operations",
      patch: {
        ports: [portOperations('wwan0', [LOG_UPLOAD, APP_TRAFFIC, LOG_UPLOAD])],
      },
      changes: ['operations on wwan0: controller traffic (configuration) -> log upload, app traffic (override)'],
      want: ({ ports }) => ports[1]?.allowedOperations,
      is: [LOG_UPLOAD, APP_TRAFFIC],
    },
    {
      what: 'an operation with a policy',
      patch: {
        operations: [operationPriorities(BASE_IMAGE, [2, 0, 1, 0])],
      },
      changes: ['priorities for base image download: 0, 1 (configuration) -> 0-2 (override)'],
      want: ({ operationPriorities }) => operationPriorities.get(BASE_IMAGE),
      is: { kind: 'priorities', priorities: [0, 1, 2] },
    },
    {
      what: 'an operation without one',
      patch: { operations: [operationPriorities(APP_IMAGE, [])] },
      changes: ['priorities for app image download: up to 3 (network.download.max.cost) -> no priority (override)'],
      want: ({ operationPriorities }) => operationPriorities.get(APP_IMAGE),
      is: { kind: 'priorities', priorities: [] },
    },
    {
      what: 'network instances, by name and by UUID',
      patch: {
        networkInstances: [
          networkInstancePriorities('ni1', [0, 5]),
          networkInstancePriorities(uuid(2).toUpperCase(), [5]),
        ],
      },
      changes: [
        'priorities for ni1: 0 (configuration) -> 0, 5 (override)',
        'priorities for ni2: those of app traffic -> 5 (override)',
      ],
      want: ({ networkInstances }) => networkInstances.map(({ allowedPriorities }) => allowedPriorities),
      is: [
        { kind: 'priorities', priorities: [0, 5] },
        { kind: 'priorities', priorities: [5] },
      ],
    },
  ])('overrides $what', ({ patch, changes, want, is }) => {
    const result = patched(patch);
    expect(result.fields).toEqual([]);
    expect(result.changes).toEqual(changes);
    expect(want(effective(result.overrides))).toEqual(is);
  });

  it('leaves what is not named as it is, and who set it', () => {
    const { overrides } = patched({ ports: [portPriority('wwan0', 1)] });
    const again = patchOverrides(
      overrides,
      patchOf({ ports: [portPriority('eth0', 2)] }),
      configured,
      { ...origin, author: 'another' },
      new Problems(),
    );
    expect(again.overrides.map((each) => each.origin?.author)).toEqual(['ops', 'another']);
  });

  it('takes an override back', () => {
    const { overrides } = patched({ ports: [portPriority('wwan0', 1)] });
    const back = patched({ ports: [portPriority('wwan0', undefined)] }, overrides);
    expect(back.overrides).toEqual([]);
    expect(back.changes).toEqual(['priority of wwan0: 1 (override) -> 5 (configuration)']);
  });

  it.each<{ what: string; patch: Partial<PolicyPatch> }>([
    { what: 'the same value again', patch: { ports: [portPriority('wwan0', 1)] } },
    { what: 'nothing to take back', patch: { ports: [portPriority('eth0', undefined)] } },
    { what: 'nothing', patch: {} },
  ])('changes nothing: $what', ({ patch }) => {
    const { overrides } = patched({ ports: [portPriority('wwan0', 1)] });
    expect(patched(patch, overrides)).toEqual({ overrides, changes: [], fields: [] });
  });

  it('keeps an override that says what the configuration says, for pushes to come', () => {
    const { overrides, changes } = patched({ ports: [portPriority('wwan0', 5)] });
    expect(changes).toEqual(['priority of wwan0: 5 (configuration) -> 5 (override)']);
    expect(overrides).toHaveLength(1);
  });

  it('tells every problem at once, by field', () => {
    const { fields } = patched({
      ports: [
        portPriority('eth9', 256),
        { logicalLabel: 'eth0', priorityChange: undefined, allowedOperationsChange: undefined },
        portOperations('eth0', [LOG_UPLOAD, 0, 99 as NetworkOperation]),
      ],
      operations: [
        operationPriorities(77 as NetworkOperation, [0, 300]),
        { operation: APP_IMAGE, allowedChange: undefined },
      ],
      networkInstances: [
        networkInstancePriorities('nobody', undefined),
        networkInstancePriorities('ni1', [999]),
        { networkInstance: uuid(1), allowedPrioritiesChange: undefined },
      ],
    });
    expect([...fields].sort()).toEqual(
      [
        'ports[0].logicalLabel',
        'ports[0].priority',
        'ports[1]',
        'ports[2].logicalLabel',
        'ports[2].allowedOperations.operations[1]',
        'ports[2].allowedOperations.operations[2]',
        'operations[0].operation',
        'operations[0].allowed.priorities[1]',
        'operations[1]',
        'networkInstances[0].networkInstance',
        'networkInstances[1].allowedPriorities.priorities[0]',
        'networkInstances[2].networkInstance',
        'networkInstances[2]',
      ].sort(),
    );
  });
});

describe('withoutOrphans', () => {
  const { overrides } = patched({
    ports: [portPriority('wwan0', 1)],
    operations: [operationPriorities(APP_IMAGE, [1])],
    networkInstances: [networkInstancePriorities('ni1', [1])],
  });

  it('keeps all while the configuration has what they name', () => {
    expect(withoutOrphans(overrides, configured)).toEqual({ overrides, changes: [] });
  });

  it('drops those of ports and network instances that are gone, and says so', () => {
    const smaller = modelOf({ deviceIoList: [physical('eth0')], systemAdapterList: [{ name: 'eth0' }] });
    const { overrides: kept, changes } = withoutOrphans(overrides, smaller);
    expect(kept.map(({ value }) => value?.$case)).toEqual(['operationPriorities']);
    expect(changes).toEqual([
      'priority of wwan0: 1 (override) ends: the configuration no longer has it',
      `priorities for ${uuid(1)}: 1 (override) ends: the configuration no longer has it`,
    ]);
  });
});

describe('interpret with overrides', () => {
  it('looks for clashes of port maps by the labels that follow from them', () => {
    const clashing = ship({
      networkInstances: [local(1), local(2, { port: { name: 'wwan0' } })],
      apps: [
        app(1, 1, { acls: [portMap('80', [{ type: 'adapter', value: 'freeuplink' }])] }),
        app(2, 2, { acls: [portMap('80')] }),
      ],
    });
    const { overrides } = patched({ ports: [portPriority('wwan0', 0)] }, [], modelOf(clashing));
    const interpretation = interpret(configFromJson(clashing), { overrides: [...overrides], grants: [] });
    expect(interpretation.kind === 'invalid' && interpretation.problems.map(({ field }) => field)).toEqual([
      'apps[1].interfaces[0].acls[0]',
    ]);
  });

  it('does not look at overrides of what the configuration does not have', () => {
    const { overrides } = patched({ ports: [portPriority('wwan0', 1)] });
    const { ports } = effective(overrides, { deviceIoList: [physical('eth0')], systemAdapterList: [{ name: 'eth0' }] });
    expect(ports.map(({ label, priority }) => [label, priority])).toEqual([['eth0', 0]]);
  });
});
