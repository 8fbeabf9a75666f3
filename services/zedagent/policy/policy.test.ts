import { rename, writeFile } from 'node:fs/promises';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../../../lib/clock/testing/eventually.js';
import { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import {
  PolicyChangeKind,
  PolicySource,
  type PolicyPatch,
  type UpdatePolicyRequest,
} from '../../../gen/zedagent/v1/policy.js';
import {
  configFromJson,
  networkInstancePriorities,
  operationPriorities,
  patchOf,
  portPriority,
} from '../../../lib/configuration/index.js';
import { call, type RpcError } from '../../../lib/rpc/index.js';
import { TestDevice } from '../testing/device.js';

const { NETWORK_OPERATION_APP_IMAGE_DOWNLOAD: APP_IMAGE, NETWORK_OPERATION_APP_TRAFFIC: APP_TRAFFIC } =
  NetworkOperation;
const uuid = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`;

function ship(ports: readonly string[] = ['eth0', 'sat0'], instances: readonly number[] = [1, 2]): EdgeDevConfig {
  return configFromJson({
    deviceIoList: ports.map((name) => ({
      logicallabel: name,
      phyaddrs: { ifname: name },
      usage: 'PhyIoUsageMgmtAndApps',
    })),
    systemAdapterList: ports.map((name, cost) => ({ name, uplink: true, cost })),
    networkInstances: instances.map((digit) => ({
      uuidandversion: { uuid: uuid(digit) },
      displayname: `ni${digit}`,
      instType: 'ZnetInstLocal',
      activate: true,
      port: { name: 'uplink' },
      ip: { subnet: `10.${digit}.0.0/24` },
      ...(digit === 1 ? { allowedPriorities: { priorities: [0] } } : {}),
    })),
  });
}

async function refusalOf(calling: Promise<unknown>): Promise<RpcError> {
  const error = await calling.then(
    () => undefined,
    (thrown: unknown) => thrown as RpcError,
  );
  if (error === undefined) throw new Error('it was not refused');
  return error;
}

describe('the policy over a configuration', () => {
  let device: TestDevice;

  beforeEach(async () => {
    device = await TestDevice.boot();
  });

  afterEach(async () => {
    await device.destroy();
  });

  const update = (patch: Partial<PolicyPatch>, more: Partial<UpdatePolicyRequest> = {}) =>
    call(
      device.policy,
      'updatePolicy',
      {
        patch: patchOf(patch),
        dryRun: false,
        author: 'ops',
        reason: 'drill',
        expectedPolicyVersion: undefined,
        ...more,
      },
      { timeoutMs: 5_000 },
    );

  it('is not there before a configuration', async () => {
    for (const calling of [device.getPolicy(), update({})]) {
      expect(await refusalOf(calling)).toMatchObject({ code: status.FAILED_PRECONDITION, reason: 'NO_CONFIG' });
    }
    expect(await device.grants()).toEqual([]);
  });

  it('tells what is configured, overridden and in force, and why', async () => {
    await device.push(ship());
    await update({
      ports: [portPriority('sat0', 3)],
      operations: [operationPriorities(APP_TRAFFIC, [0, 3])],
    });
    const { ports, operations, networkInstances, policyVersion } = await device.getPolicy();
    expect(policyVersion).toBe(1n);
    expect(ports[1]).toMatchObject({
      logicalLabel: 'sat0',
      priority: {
        configured: 1,
        overridden: 3,
        effective: 3,
        source: PolicySource.POLICY_SOURCE_OVERRIDE,
        origin: { author: 'ops', reason: 'drill', policyVersion: 1n, setAt: { seconds: 1_772_366_400n } },
      },
      allowedOperations: { overridden: undefined, source: PolicySource.POLICY_SOURCE_CONFIGURATION },
    });
    expect(ports[0]).toMatchObject({ priority: { configured: 0, effective: 0, origin: undefined } });
    expect(
      operations.map(({ operation, priorities }) => [operation, priorities?.effective?.priorities, priorities?.why]),
    ).toEqual([
      [1, undefined, 'every priority by default'],
      [2, undefined, 'every priority by default'],
      [3, [0], 'network.download.max.cost'],
      [4, [0], 'network.download.max.cost'],
      [5, [0, 3], 'override'],
    ]);
    expect(
      networkInstances.map(({ displayName, priorities }) => [
        displayName,
        priorities?.effective?.priorities,
        priorities?.why,
      ]),
    ).toEqual([
      ['ni1', [0], 'its own'],
      ['ni2', [0, 3], 'it has none of its own: the policy of the operation'],
    ]);
  });

  it('leaves what was pushed as it was pushed, byte for byte', async () => {
    const config = ship();
    await device.push(config);
    await update({ ports: [portPriority('sat0', 3)] });
    const kept = (await call(device.config, 'getConfig', {}, { timeoutMs: 5_000 })).deviceConfig?.config;
    const bytes = EdgeDevConfig.encode(kept ?? EdgeDevConfig.create()).finish();
    expect(Buffer.from(bytes).equals(EdgeDevConfig.encode(config).finish())).toBe(true);
  });

  it('outlives a push and a restart, and ends when it is taken back', async () => {
    await device.push(ship());
    await update({ ports: [portPriority('sat0', 3)] });
    expect(await device.push(ship(['eth0', 'sat0'], [1]))).toMatchObject({ version: 2n, droppedPolicy: [] });
    await device.restart();
    expect((await device.getPolicy()).ports[1]?.priority?.effective).toBe(3);
    expect(await update({ ports: [portPriority('sat0', 3)] })).toMatchObject({ policyVersion: 1n, changes: [] });
    expect(await update({ ports: [portPriority('sat0', undefined)] })).toMatchObject({
      policyVersion: 2n,
      changes: ['priority of sat0: 3 (override) -> 1 (configuration)'],
    });
    expect((await device.getPolicy()).ports[1]?.priority).toMatchObject({ effective: 1, overridden: undefined });
  });

  it('ends with what it names, and the push says so', async () => {
    await device.push(ship());
    await update({ ports: [portPriority('sat0', 3)], networkInstances: [networkInstancePriorities('ni2', [0])] });
    const smaller = ship(['eth0'], [1]);
    const dropped = [
      'priority of sat0: 3 (override) ends: the configuration no longer has it',
      `priorities for ${uuid(2)}: 0 (override) ends: the configuration no longer has it`,
    ];
    expect(await device.push(smaller, { dryRun: true })).toMatchObject({ droppedPolicy: dropped });
    expect((await device.getPolicy()).policyVersion).toBe(1n);
    expect(await device.push(smaller)).toMatchObject({ version: 2n, droppedPolicy: dropped });
    expect((await device.getPolicy()).policyVersion).toBe(2n);
    await device.push(ship());
    expect((await device.getPolicy()).ports[1]?.priority?.effective).toBe(1);
  });

  it('changes nothing where there is a problem, tells all of them, and by field', async () => {
    await device.push(ship());
    const refusal = await refusalOf(
      update(
        {
          ports: [portPriority('eth0', 9), portPriority('eth9', 256)],
          operations: [operationPriorities(99 as NetworkOperation, [0])],
          networkInstances: [networkInstancePriorities('ni9', [])],
        },
        { reason: 'two\nlines' },
      ),
    );
    expect(refusal).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'INVALID_POLICY' });
    expect(refusal.violations.map(({ field }) => field).sort()).toEqual([
      'patch.networkInstances[0].networkInstance',
      'patch.operations[0].operation',
      'patch.ports[1].logicalLabel',
      'patch.ports[1].priority',
      'reason',
    ]);
    expect(await device.getPolicy()).toMatchObject({ policyVersion: 0n, ports: [{ priority: { effective: 0 } }, {}] });
  });

  it('refuses an update that rests on another version, and one without a patch', async () => {
    await device.push(ship());
    expect(await refusalOf(update({}, { expectedPolicyVersion: 4n }))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'POLICY_VERSION_MISMATCH',
      metadata: { currentPolicyVersion: '0' },
    });
    expect((await refusalOf(update({}, { patch: undefined as never }))).violations).toEqual([
      { field: 'patch', description: 'is required' },
    ]);
  });

  it('does nothing in a dry run, and says what it would do', async () => {
    await device.push(ship());
    const changes = ['priority of sat0: 1 (configuration) -> 3 (override)'];
    expect(await update({ ports: [portPriority('sat0', 3)] }, { dryRun: true })).toMatchObject({
      policyVersion: 1n,
      changes,
    });
    expect((await device.getPolicy()).policyVersion).toBe(0n);
    expect(await update({})).toMatchObject({ policyVersion: 0n, changes: [] });
  });

  it('takes no push that clashes with it, since labels follow priorities', async () => {
    const app = (digit: number, adapter?: string) => ({
      uuidandversion: { uuid: uuid(digit + 4) },
      displayname: `app${digit}`,
      interfaces: [
        {
          name: 'eth0',
          networkId: uuid(digit),
          acls: [
            {
              matches: [
                { type: 'protocol', value: 'tcp' },
                { type: 'lport', value: '80' },
                ...(adapter === undefined ? [] : [{ type: 'adapter', value: adapter }]),
              ],
              actions: [{ portmap: true, appPort: 80 }],
            },
          ],
        },
      ],
    });
    const { apps } = configFromJson({ apps: [app(1, 'freeuplink'), app(2, 'sat0')] });
    await device.push(ship());
    await update({ ports: [portPriority('sat0', 0)] });
    const refusal = await refusalOf(device.push({ ...ship(), apps }));
    expect(refusal).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'INVALID_WITH_OVERRIDES' });
    expect(refusal.violations.map(({ field }) => field)).toEqual(['config.apps[1].interfaces[0].acls[0]']);
    await update({ ports: [portPriority('sat0', undefined)] });
    await device.push({ ...ship(), apps });
    const clash = await refusalOf(update({ ports: [portPriority('sat0', 0)] }));
    expect(clash.violations.map(({ field }) => field)).toEqual(['config.apps[1].interfaces[0].acls[0]']);
  });

  it('changes nothing that it cannot keep on disk', async () => {
    await device.push(ship());
    await rename(device.stateDir, `${device.stateDir}-away`);
    await writeFile(device.stateDir, 'no directory');
    expect(await refusalOf(update({ ports: [portPriority('sat0', 3)] }))).toMatchObject({
      code: status.INTERNAL,
      reason: 'PERSIST_FAILED',
    });
    expect((await device.getPolicy()).policyVersion).toBe(0n);
  });

  it('takes concurrent updates one after the other', async () => {
    await device.push(ship());
    const answers = await Promise.all([3, 4, 5].map((priority) => update({ ports: [portPriority('sat0', priority)] })));
    expect(answers.map(({ policyVersion }) => policyVersion).sort()).toEqual([1n, 2n, 3n]);
  });
});

describe('grants', () => {
  let device: TestDevice;
  const hour = 3_600_000;

  beforeEach(async () => {
    device = await TestDevice.boot();
    await device.push(ship());
  });

  afterEach(async () => {
    await device.destroy();
  });

  const create = (more: Partial<Parameters<typeof device.policy.createGrant>[0]> = {}) =>
    call(
      device.policy,
      'createGrant',
      {
        operation: APP_IMAGE,
        priorities: [1],
        networkInstance: '',
        lifetime: { seconds: 7_200n, nanos: 0 },
        reason: 'crew change',
        author: 'ops',
        ...more,
      },
      { timeoutMs: 5_000 },
    );
  const revoke = (id: string) =>
    call(device.policy, 'revokeGrant', { id, author: 'ops', reason: 'done' }, { timeoutMs: 5_000 });
  /** What is left of each, in milliseconds. */
  const left = async (): Promise<readonly number[]> =>
    (await device.grants()).map(({ remaining }) => Number(remaining?.seconds) * 1000 + (remaining?.nanos ?? 0) / 1e6);

  it('are made, listed and revoked, and each is told in words', async () => {
    const { grant, changes, policyVersion } = await create({ operation: APP_TRAFFIC, networkInstance: 'ni1' });
    expect(policyVersion).toBe(1n);
    expect(grant).toMatchObject({ networkInstanceId: uuid(1), priorities: [1], author: 'ops', reason: 'crew change' });
    expect(changes).toEqual([
      `grant ${grant?.id ?? ''}: app traffic of ni1 may use priority 1 (sat0) until 2026-03-01 14:00:00.000Z`,
    ]);
    const { networkInstances } = await device.getPolicy();
    expect(networkInstances[0]?.priorities).toMatchObject({
      configured: { priorities: [0] },
      effective: { priorities: [0, 1] },
      source: PolicySource.POLICY_SOURCE_GRANT,
      why: `its own and grant ${grant?.id ?? ''}`,
      grantIds: [grant?.id],
    });
    expect(await left()).toEqual([2 * hour]);
    expect((await revoke(grant?.id ?? '')).changes).toEqual([
      `grant ${grant?.id ?? ''} revoked: app traffic of ni1 may no longer use priority 1 (sat0)`,
    ]);
    expect(await left()).toEqual([]);
    expect(await refusalOf(revoke(grant?.id ?? ''))).toMatchObject({
      code: status.NOT_FOUND,
      reason: 'GRANT_NOT_FOUND',
    });
  });

  it('are refused with every problem at once', async () => {
    const refusal = await refusalOf(
      create({
        priorities: [],
        networkInstance: 'ni1',
        lifetime: { seconds: 0n, nanos: 5 },
        reason: ' ',
        author: '\u001b[31m',
      }),
    );
    expect(refusal.reason).toBe('INVALID_GRANT');
    expect(refusal.violations.map(({ field }) => field)).toEqual([
      'priorities',
      'networkInstance',
      'lifetime',
      'reason',
      'author',
    ]);
  });

  it('end on time by themselves, the first one first', async () => {
    await create();
    await create({ lifetime: { seconds: 60n, nanos: 0 } });
    expect(await left()).toEqual([60_000, 2 * hour]);
    await device.clock.advanceAsync(59_900);
    expect(await left()).toHaveLength(2);
    await device.clock.advanceAsync(200);
    expect(await left()).toEqual([2 * hour - 60_100]);
    expect((await device.getPolicy()).policyVersion).toBe(3n);
  });

  it.each([
    { what: 'back', wallMs: 0 },
    { what: 'forward', wallMs: Date.UTC(2040, 1) },
  ])('do not care for a wall clock that is set $what', async ({ wallMs }) => {
    await create({ lifetime: { seconds: 60n, nanos: 0 } });
    await device.clock.advanceAsync(30_000);
    device.clock.setWall(wallMs);
    await device.clock.advanceAsync(29_000);
    expect(await left()).toEqual([1_000]);
    await device.clock.advanceAsync(1_100);
    expect(await left()).toEqual([]);
  });

  it('go on while the machine sleeps, and are looked after at once when it wakes', async () => {
    await create({ lifetime: { seconds: 600n, nanos: 0 } });
    device.clock.sleepMachine(601_000);
    expect(await left()).toEqual([]);
    await device.clock.advanceAsync(1_000);
    expect((await device.getPolicy()).policyVersion).toBe(2n);
  });

  it('keep their end over a restart of the service, whatever the wall clock does', async () => {
    await create();
    await device.clock.advanceAsync(hour);
    device.clock.setWall(0);
    await device.restart();
    expect(await left()).toEqual([hour]);
  });

  it('end while the service is away, and that is told when it is back', async () => {
    const { grant } = await create();
    const restarting = device.restart();
    device.clock.advance(3 * hour);
    await restarting;
    expect(await left()).toEqual([]);
    const messages = device.watch(1n, 1n);
    await device.clock.advanceAsync(1_000);
    await eventually(() => messages.length > 0);
    expect(messages[0]?.policyChanges).toMatchObject([
      { kind: PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_ENDED, grantId: grant?.id, policyVersion: 2n },
    ]);
  });

  it('have no more left after a power cut with the clock set back, nor after many', async () => {
    await create();
    await device.clock.advanceAsync(hour);
    let before = 2 * hour;
    for (let cut = 0; cut < 3; cut += 1) {
      await device.cutPower(0);
      const [now = 0] = await left();
      expect(now).toBeLessThan(cut === 0 ? hour + 1 : before);
      before = now;
    }
    expect(before).toBeGreaterThan(0);
  });

  it('count the time that the machine was off, by a wall clock that is right', async () => {
    await create();
    const begun = device.clock.wallMs();
    await device.cutPower(begun + hour);
    const [now = 0] = await left();
    expect(now).toBeGreaterThan(hour - 2 * 60_000);
    expect(now).toBeLessThanOrEqual(hour);
    await device.cutPower(begun + 3 * hour);
    expect(await left()).toEqual([]);
  });

  it('end with the network instance that they are for', async () => {
    const { grant } = await create({ operation: APP_TRAFFIC, networkInstance: 'ni2' });
    expect((await device.push(ship(['eth0', 'sat0'], [1]))).droppedPolicy).toEqual([
      `grant ${grant?.id ?? ''} ends: there is no network instance ${uuid(2)} any more`,
    ]);
    expect(await left()).toEqual([]);
  });
});

describe('WatchConfig', () => {
  let device: TestDevice;

  beforeEach(async () => {
    device = await TestDevice.boot();
  });

  afterEach(async () => {
    await device.destroy();
  });

  it('sends configuration and policy, then only what is new, and each change of the policy', async () => {
    const messages = device.watch(0n);
    await device.push(ship());
    await eventually(() => messages.length === 1);
    expect(messages[0]).toMatchObject({ deviceConfig: { version: 1n }, policy: { version: 0n }, policyChanges: [] });
    const patch = patchOf({ ports: [portPriority('sat0', 3)] });
    const request = { patch, dryRun: false, author: 'ops', reason: 'drill', expectedPolicyVersion: undefined };
    await call(device.policy, 'updatePolicy', request, { timeoutMs: 5_000 });
    await eventually(() => messages.length === 2);
    expect(messages[1]).toMatchObject({
      deviceConfig: undefined,
      policy: { version: 1n, bootId: 'boot-1', overrides: [{ value: { $case: 'portPriority' } }] },
      policyChanges: [{ policyVersion: 1n, author: 'ops', reason: 'drill', kind: 1 }],
    });
    await device.push(ship(['eth0', 'sat0'], [1]));
    await eventually(() => messages.length === 3);
    expect(messages[2]).toMatchObject({ deviceConfig: { version: 2n }, policy: undefined, policyChanges: [] });
  });

  it('tells a reader that was away what has changed since', async () => {
    await device.push(ship());
    for (const priority of [3, 4, 5]) {
      const patch = patchOf({ ports: [portPriority('sat0', priority)] });
      const request = { patch, dryRun: false, author: 'ops', reason: '', expectedPolicyVersion: undefined };
      await call(device.policy, 'updatePolicy', request, { timeoutMs: 5_000 });
    }
    await device.restart();
    const [back, stranger, newcomer] = [device.watch(1n, 1n), device.watch(1n, 9n), device.watch(1n)];
    await eventually(() => [back, stranger, newcomer].every((messages) => messages.length === 1));
    const versions = (messages: typeof back) => messages[0]?.policyChanges.map(({ policyVersion }) => policyVersion);
    expect([versions(back), versions(stranger), versions(newcomer)]).toEqual([[2n, 3n], [1n, 2n, 3n], []]);
    expect(back[0]).toMatchObject({ deviceConfig: undefined, policy: { version: 3n } });
  });
});
