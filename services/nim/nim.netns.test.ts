import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../../lib/clock/testing/eventually.js';
import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import { SelectionCause } from '../../gen/nim/v1/network_instance_test_status.js';
import {
  AssumedPortState,
  NetworkInterfaceManagerServiceClient,
  type EvaluateRequest,
} from '../../gen/nim/v1/network_interface_manager.js';
import { configFromJson, networkInstancePriorities, patchOf } from '../../lib/configuration/index.js';
import { systemClock } from '../../lib/clock/index.js';
import { createLogger } from '../../lib/observability/index.js';
import { call, connectTo, follow, type RunningService } from '../../lib/rpc/index.js';
import { startNim } from './index.js';
import { deviceConfigJson, type DeviceSketch } from './testing/device-config.js';
import { FakeZedagent } from './testing/fake-zedagent.js';
import { TestNamespace } from './testing/namespace.js';
import { Subscriber } from './testing/subscriber.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const CREW = '6ba7b810-9dad-41d1-80b4-00c04fd430c8';
const BRIDGE = '6ba7b811-9dad-41d1-80b4-00c04fd430c8';

const device: DeviceSketch = {
  ports: { eth0: 0, wwan0: 10, sat0: 20 },
  networkInstances: { crew: { uuid: CREW }, bridge: { uuid: BRIDGE, allowed: [0, 10] } },
};

let directory: string;
let runDir: string;
let namespace: TestNamespace;
let zedagent: FakeZedagent;
let nim: RunningService | undefined;
let client: NetworkInterfaceManagerServiceClient;
let leaving: AbortController;
let following: Promise<unknown>[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evn-nim-'));
  runDir = join(directory, 'run');
  await mkdir(runDir);
  namespace = await TestNamespace.create();
  await namespace.addPort('eth0', { index: 2101, address: '192.0.2.7/24', gateway: '192.0.2.1' });
  await namespace.addPort('wwan0', { index: 2102, address: '198.51.100.8/24', gateway: '198.51.100.1' });
  await namespace.addPort('sat0', { index: 2103, address: '203.0.113.9/24', gateway: '203.0.113.1' });
  zedagent = new FakeZedagent();
  await zedagent.start(runDir, logger);
  await start();
  client = connectTo(NetworkInterfaceManagerServiceClient, `unix:${join(runDir, 'nim.sock')}`);
  leaving = new AbortController();
  following = [];
});

afterEach(async () => {
  leaving.abort();
  await Promise.all(following);
  client.close();
  await nim?.close();
  await zedagent.stop();
  await namespace.remove();
  await rm(directory, { recursive: true });
});

async function start(): Promise<void> {
  nim = await startNim({
    runDir,
    stateDir: join(directory, 'state'),
    logger,
    clock: systemClock,
    namespace: namespace.name,
  });
}

async function stop(): Promise<void> {
  await nim?.close();
  nim = undefined;
}

async function subscribed(): Promise<Subscriber> {
  const subscriber = new Subscriber();
  following.push(...subscriber.follow(client, leaving.signal, logger));
  await eventually(() => {
    expect(subscriber.connected).toBe(true);
  });
  return subscriber;
}

async function rankingsOf(subscriber: Subscriber, want: string): Promise<void> {
  await eventually(() => {
    expect(subscriber.rankings).toBe(want);
  });
}

async function failureOf(answer: Promise<unknown>): Promise<object> {
  return answer.then(
    () => {
      throw new Error('it should have failed');
    },
    (error: unknown) => error as object,
  );
}

const TIMEOUT_MS = 2_000;
const ALL_UP = 'crew: eth0 wwan0 sat0; bridge: eth0 wwan0';

describe('NIM', () => {
  it('serves at once, and is silent or unavailable until there is a configuration', async () => {
    const subscriber = await subscribed();
    expect(
      await failureOf(
        call(client, 'listNetworkInstanceTestStatus', { networkInstances: [] }, { timeoutMs: TIMEOUT_MS }),
      ),
    ).toMatchObject({
      code: status.UNAVAILABLE,
      reason: 'CONFIGURATION_UNKNOWN',
    });
    expect(await failureOf(call(client, 'getDeviceNetworkStatus', {}, { timeoutMs: TIMEOUT_MS }))).toMatchObject({
      code: status.UNAVAILABLE,
    });
    expect(subscriber.testMessages).toEqual([]);
    zedagent.push(deviceConfigJson(device));
    await rankingsOf(subscriber, ALL_UP);
    expect(subscriber.testMessages[0]).toMatchObject({ snapshot: true, configVersion: 1n });
  });

  it('follows cables, addresses and interfaces', async () => {
    zedagent.push(deviceConfigJson(device));
    const subscriber = await subscribed();
    await rankingsOf(subscriber, ALL_UP);

    await namespace.setCarrier('eth0', 'down');
    await rankingsOf(subscriber, 'crew: wwan0 sat0; bridge: wwan0');
    expect(subscriber.statuses.get('crew')).toMatchObject({
      selectedPort: { logicalLabel: 'wwan0', interface: 'wwan0', priority: 10 },
      verified: true,
      cause: SelectionCause.SELECTION_CAUSE_LINK_LOST,
      causeDetail: 'eth0: no carrier',
    });

    await namespace.ip('addr', 'flush', 'dev', 'wwan0');
    await rankingsOf(subscriber, 'crew: sat0; bridge: -');
    expect(subscriber.statuses.get('crew')).toMatchObject({ cause: SelectionCause.SELECTION_CAUSE_ADDRESS_LOST });

    await namespace.ip('link', 'del', 'sat0');
    await rankingsOf(subscriber, 'crew: -; bridge: -');

    await namespace.addPort('sat0', { index: 2999, address: '203.0.113.9/24', gateway: '203.0.113.1' });
    await rankingsOf(subscriber, 'crew: sat0; bridge: -');
    await namespace.setCarrier('eth0', 'up');
    await rankingsOf(subscriber, 'crew: sat0 eth0; bridge: eth0');
  });

  it('tells ports before selections, with revisions that say so', async () => {
    zedagent.push(deviceConfigJson(device));
    const subscriber = await subscribed();
    await rankingsOf(subscriber, ALL_UP);
    await namespace.setCarrier('eth0', 'down');
    await rankingsOf(subscriber, 'crew: wwan0 sat0; bridge: wwan0');
    await eventually(() => {
      expect(subscriber.portMessages.at(-1)?.revision).toBeGreaterThanOrEqual(
        subscriber.testMessages.at(-1)?.deviceNetworkRevision ?? 0n,
      );
    });
    const revisions = subscriber.testMessages.map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => Number(a - b)));
  });

  it('takes a policy at once, keeps the last one while zedagent is away, and takes up again', async () => {
    zedagent.push(deviceConfigJson(device));
    const subscriber = await subscribed();
    await rankingsOf(subscriber, ALL_UP);
    zedagent.push(deviceConfigJson({ ...device, ports: { eth0: 0, wwan0: 10, sat0: 5 } }));
    await rankingsOf(subscriber, 'crew: eth0 sat0 wwan0; bridge: eth0 wwan0');
    await zedagent.stop();
    await namespace.setCarrier('eth0', 'down');
    await rankingsOf(subscriber, 'crew: sat0 wwan0; bridge: wwan0');
    await zedagent.start(runDir, logger);
    zedagent.push(deviceConfigJson({ ...device, networkInstances: { crew: { uuid: CREW, allowed: [] } } }));
    await eventually(() => {
      expect(subscriber.testMessages.at(-1)).toMatchObject({ removedNetworkInstances: [BRIDGE], configVersion: 3n });
    });
    expect(subscriber.statuses.get('crew')).toMatchObject({ selectedPort: undefined });
  });

  it('leaves a configuration that is invalid alone', async () => {
    zedagent.push(deviceConfigJson(device));
    const subscriber = await subscribed();
    await rankingsOf(subscriber, ALL_UP);
    zedagent.push({ systemAdapterList: [{ name: 'eth0', lowerLayerName: 'nothing' }] });
    zedagent.push(deviceConfigJson({ ...device, ports: { ...device.ports, eth0: 30 } }));
    await rankingsOf(subscriber, 'crew: wwan0 sat0 eth0; bridge: wwan0');
    expect(subscriber.testMessages.map(({ statuses }) => statuses.length)).not.toContain(0);
  });

  it('takes name servers from the lease', async () => {
    zedagent.push(deviceConfigJson(device));
    await eventually(async () => {
      await call(client, 'getDeviceNetworkStatus', {}, { timeoutMs: TIMEOUT_MS });
    });
    await writeFile(join(runDir, 'dns', 'eth0'), 'nameserver 192.0.2.53\n');
    await eventually(async () => {
      const { deviceNetworkStatus } = await call(client, 'getDeviceNetworkStatus', {}, { timeoutMs: TIMEOUT_MS });
      expect(deviceNetworkStatus?.ports[0]).toMatchObject({
        logicalLabel: 'eth0',
        dnsServers: ['192.0.2.53'],
        gateways: ['192.0.2.1'],
      });
      expect(deviceNetworkStatus?.systemAdapter?.status[0]?.ports[0]).toMatchObject({
        ifname: 'eth0',
        dnsServers: ['192.0.2.53'],
      });
    });
  });

  it('continues after a restart: same selection, same cause, hold and event log', async () => {
    zedagent.push(deviceConfigJson(device));
    const subscriber = await subscribed();
    await rankingsOf(subscriber, ALL_UP);
    await namespace.setCarrier('eth0', 'down');
    await rankingsOf(subscriber, 'crew: wwan0 sat0; bridge: wwan0');
    await namespace.setCarrier('eth0', 'up');
    await rankingsOf(subscriber, 'crew: wwan0 eth0 sat0; bridge: wwan0 eth0');
    const before = subscriber.statuses.get('crew');
    const seen = subscriber.testMessages.length;
    await stop();
    await start();
    await eventually(() => {
      expect(subscriber.testMessages.length).toBeGreaterThan(seen);
    });
    expect(subscriber.rankings).toBe('crew: wwan0 eth0 sat0; bridge: wwan0 eth0');
    const after = subscriber.statuses.get('crew');
    expect([after?.cause, after?.causeDetail]).toEqual([before?.cause, before?.causeDetail]);
    const { events } = await call(client, 'listEvents', { afterSequence: 0n, limit: 0 }, { timeoutMs: TIMEOUT_MS });
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, position) => BigInt(position + 1)));
    expect(events.filter(({ kind }) => kind?.$case === 'configurationChanged')).toHaveLength(1);
  });

  it('ignores a memory that is garbage', async () => {
    await stop();
    await writeFile(join(runDir, 'nim-memory.json'), '{"formatVersion":2,"bootId":42');
    await start();
    zedagent.push(deviceConfigJson(device));
    await rankingsOf(await subscribed(), ALL_UP);
    await stop();
    expect(JSON.parse(await readFile(join(runDir, 'nim-memory.json'), 'utf8'))).toMatchObject({ formatVersion: 3 });
  });

  it('explains, by name and by UUID, and names what is wrong with a question', async () => {
    zedagent.push(deviceConfigJson(device));
    await rankingsOf(await subscribed(), ALL_UP);
    const explain = (subject: Parameters<typeof client.explain>[0]['subject']) =>
      call(client, 'explain', { subject }, { timeoutMs: TIMEOUT_MS });
    const byName = await explain({ $case: 'networkInstance', value: 'bridge' });
    expect(byName.lines).toContain(
      'sat0 (priority 20): not permitted: priority 20 is not among those allowed (0, 10).',
    );
    expect(byName.candidates.map(({ rank }) => rank)).toEqual([1, 2, 0]);
    const byUuid = await explain({ $case: 'networkInstance', value: BRIDGE.toUpperCase() });
    expect(byUuid.status?.displayName).toBe('bridge');
    const download = await explain({
      $case: 'operation',
      value: NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD,
    });
    expect(download.lines[0]).toBe('App image download may use, best first: eth0.');
    expect(download.status).toBeUndefined();

    expect(await failureOf(explain(undefined))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      violations: [{ field: 'subject' }],
    });
    expect(
      await failureOf(explain({ $case: 'operation', value: NetworkOperation.NETWORK_OPERATION_UNSPECIFIED })),
    ).toMatchObject({
      code: status.INVALID_ARGUMENT,
      violations: [{ field: 'operation' }],
    });
    expect(await failureOf(explain({ $case: 'networkInstance', value: 'galley' }))).toMatchObject({
      code: status.NOT_FOUND,
    });
    expect(
      await failureOf(
        call(
          client,
          'listNetworkInstanceTestStatus',
          { networkInstances: ['crew', 'galley'] },
          { timeoutMs: TIMEOUT_MS },
        ),
      ),
    ).toMatchObject({ code: status.NOT_FOUND, reason: 'NETWORK_INSTANCE_UNKNOWN' });
    const { statuses } = await call(
      client,
      'listNetworkInstanceTestStatus',
      { networkInstances: ['crew'] },
      { timeoutMs: TIMEOUT_MS },
    );
    expect(statuses.map(({ networkInstanceId }) => networkInstanceId)).toEqual([CREW]);
  });

  it('says what would be, which then comes to be, and changes nothing meanwhile', async () => {
    const evaluate = (request: Partial<EvaluateRequest>) => {
      const whole = { config: undefined, policy: undefined, grants: [], ports: [], ...request };
      return call(client, 'evaluate', whole, { timeoutMs: TIMEOUT_MS });
    };
    expect(await failureOf(evaluate({}))).toMatchObject({ code: status.UNAVAILABLE });
    zedagent.push(deviceConfigJson(device));
    const subscriber = await subscribed();
    await rankingsOf(subscriber, ALL_UP);
    const heard = subscriber.testMessages.length;

    const answer = await evaluate({ ports: [{ port: 'eth0', state: AssumedPortState.ASSUMED_PORT_STATE_DOWN }] });
    expect(answer.configVersion).toBe(1n);
    const foreseen = answer.networkInstances.map(({ displayName, moves, wouldBe, later }) => {
      const ranked = wouldBe?.candidates.flatMap(({ rank, logicalLabel }) => (rank === 0 ? [] : [logicalLabel]));
      expect({ moves, later }).toEqual({ moves: true, later: undefined });
      return `${displayName}: ${(ranked ?? []).join(' ')}`;
    });
    expect(foreseen.join('; ')).toBe('crew: wwan0 sat0; bridge: wwan0');
    const draft = configFromJson(deviceConfigJson({ ...device, ports: { eth0: 30, wwan0: 10, sat0: 20 } }));
    const policy = patchOf({ networkInstances: [networkInstancePriorities('crew', [20, 30])] });
    const drafted = await evaluate({ config: draft, policy });
    expect(drafted.networkInstances.map(({ wouldBe }) => wouldBe?.selectedPort?.logicalLabel)).toEqual([
      'sat0',
      'wwan0',
    ]);
    expect(
      await failureOf(evaluate({ ports: [{ port: 'eth7', state: AssumedPortState.ASSUMED_PORT_STATE_DOWN }] })),
    ).toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_WHAT_IF',
      violations: [{ field: 'ports[0].port', description: 'there is no port "eth7"; ports are eth0, wwan0, sat0' }],
    });
    expect(subscriber.testMessages).toHaveLength(heard);

    await namespace.setCarrier('eth0', 'down');
    await rankingsOf(subscriber, foreseen.join('; '));
  });

  it('streams events to one who asks from the beginning, and lists the newest', async () => {
    zedagent.push(deviceConfigJson(device));
    await rankingsOf(await subscribed(), ALL_UP);
    const kinds: string[] = [];
    following.push(
      follow({
        open: () => client.watchEvents({ afterSequence: 0n }),
        onMessage: ({ event }) => {
          kinds.push(event?.kind?.$case ?? 'none');
        },
        signal: leaving.signal,
        logger,
      }),
    );
    await eventually(() => {
      expect(kinds).toEqual(['configurationChanged', 'selectionChanged', 'selectionChanged']);
    });
    await namespace.setCarrier('sat0', 'down');
    await eventually(() => {
      expect(kinds.at(-1)).toBe('portChanged');
    });
    const { events } = await call(client, 'listEvents', { afterSequence: 0n, limit: 1 }, { timeoutMs: TIMEOUT_MS });
    expect(events).toMatchObject([
      { kind: { $case: 'portChanged', value: { logicalLabel: 'sat0', changes: ['carrier lost'] } } },
    ]);
  });
});
