import { status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';

import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import {
  AssumedPortState,
  type EvaluateRequest,
  type EvaluateResponse,
} from '../../../gen/nim/v1/network_interface_manager.js';
import type { PolicyOverride } from '../../../gen/zedagent/v1/policy.js';
import {
  configFromJson,
  durationInMs,
  networkInstancePriorities,
  operationPriorities,
  patchOf,
  portOperations,
  portPriority,
} from '../../../lib/configuration/index.js';
import { atOnce } from '../../../lib/slices/index.js';
import { RpcError } from '../../../lib/rpc/index.js';
import { controllerTarget } from '../../../lib/decision/decide/testing/scenario.js';
import { DecidedDevice } from '../testing/decided-device.js';
import { deviceConfigJson, type DeviceSketch } from '../testing/device-config.js';
import { evaluate } from './index.js';

const {
  NETWORK_OPERATION_APP_IMAGE_DOWNLOAD: APP_IMAGE,
  NETWORK_OPERATION_APP_TRAFFIC: APP_TRAFFIC,
  NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD: BASE_IMAGE,
  NETWORK_OPERATION_CONTROLLER: CONTROLLER,
} = NetworkOperation;
const {
  ASSUMED_PORT_STATE_WORKING: WORKING,
  ASSUMED_PORT_STATE_FAILING: FAILING,
  ASSUMED_PORT_STATE_DOWN: DOWN,
  ASSUMED_PORT_STATE_UNSPECIFIED: UNSPECIFIED,
} = AssumedPortState;

const CREW = '6ba7b810-9dad-41d1-80b4-00c04fd430c8';
const BRIDGE = '6ba7b811-9dad-41d1-80b4-00c04fd430c8';
const sketch = {
  ports: { eth0: 0, wwan0: 10, sat0: 20 },
  networkInstances: { crew: { uuid: CREW }, bridge: { uuid: BRIDGE, allowed: [0, 10] } },
} satisfies DeviceSketch;
const ship = deviceConfigJson(sketch);
const allUp = { eth0: 'up', wwan0: 'up', sat0: 'up' };

function asked(device: DecidedDevice, request: Partial<EvaluateRequest>): EvaluateResponse {
  const { published } = device.publisher;
  if (published === undefined) throw new Error('nothing is published');
  const whole = { config: undefined, policy: undefined, grants: [], ports: [], ...request };
  return atOnce(evaluate(whole, published, device.publisher, device.clock));
}

function onShip(ports: Readonly<Record<string, string>> = allUp): DecidedDevice {
  const device = new DecidedDevice();
  device.decide(ship, allUp);
  if (ports !== allUp) device.decide(ship, ports);
  return device;
}

/** `crew: eth0 -> wwan0, after 30 s eth0`, one for each that moves. */
function moves({ networkInstances }: EvaluateResponse): string {
  return networkInstances
    .filter((one) => one.moves)
    .map(({ displayName, now, wouldBe, later, laterAfter }) => {
      const port = (one: typeof now) => (one === undefined ? 'gone' : (one.selectedPort?.logicalLabel ?? 'none'));
      const then = later === undefined ? '' : `, after ${durationInMs(laterAfter) / 1000} s ${port(later)}`;
      return `${displayName}: ${now === undefined ? 'new' : port(now)} -> ${port(wouldBe)}${then}`;
    })
    .join('; ');
}

/** The permitted and usable ports of an operation, best first. */
function portsOf({ operations }: EvaluateResponse, operation: NetworkOperation, when: 'now' | 'wouldBe'): string {
  const found = operations.find((one) => one.operation === operation);
  return (found?.[when] ?? []).flatMap(({ rank, logicalLabel }) => (rank === 0 ? [] : [logicalLabel])).join(' ');
}

describe('what if ports were not as they are', () => {
  it.each([
    ['nothing is assumed', [], ''],
    ['the port in use is down', [{ port: 'eth0', state: DOWN }], 'crew: eth0 -> wwan0; bridge: eth0 -> wwan0'],
    ['its tests fail', [{ port: 'eth0', state: FAILING }], 'crew: eth0 -> wwan0; bridge: eth0 -> wwan0'],
    ['a standby is down', [{ port: 'wwan0', state: DOWN }], ''],
    [
      'two are down, one by its interface',
      [
        { port: 'eth0', state: DOWN },
        { port: 'wwan0', state: DOWN },
      ],
      'crew: eth0 -> sat0; bridge: eth0 -> none',
    ],
    [
      'all fail, so that nobody knows better than to stay',
      ['eth0', 'wwan0', 'sat0'].map((port) => ({ port, state: FAILING })),
      '',
    ],
    ['what works is assumed to work', [{ port: 'eth0', state: WORKING }], ''],
  ])('%s', (_what, ports, want) => {
    expect(moves(asked(onShip(), { ports }))).toBe(want);
  });

  it('goes back to a better port at once from one that is down, and after the hold from one that works', () => {
    const device = onShip({ eth0: 'no-carrier', wwan0: 'up', sat0: 'up' });
    device.clock.advance(60_000);
    const back = asked(device, { ports: [{ port: 'eth0', state: WORKING }] });
    expect(moves(back)).toBe('crew: wwan0 -> wwan0, after 30 s eth0; bridge: wwan0 -> wwan0, after 30 s eth0');
    expect(back.lines).toContain(
      'crew would go from wwan0 to eth0 after 30 s: went to a better port (eth0 (priority 0) has been working for 30 s).',
    );
    const both = asked(device, {
      ports: [
        { port: 'eth0', state: WORKING },
        { port: 'wwan0', state: DOWN },
      ],
    });
    expect(moves(both)).toBe('crew: wwan0 -> eth0; bridge: wwan0 -> eth0');
  });

  it('takes the later of two holds for the end', () => {
    const device = onShip({ eth0: 'no-carrier', wwan0: 'no-carrier', sat0: 'up' });
    device.clock.advance(60_000);
    device.decide(ship, { eth0: 'no-carrier', wwan0: 'up', sat0: 'up' });
    device.clock.advance(10_000);
    const { networkInstances } = asked(device, { ports: [{ port: 'eth0', state: WORKING }] });
    expect(networkInstances[0]).toMatchObject({
      now: { selectedPort: { logicalLabel: 'sat0' } },
      wouldBe: { selectedPort: { logicalLabel: 'sat0' } },
      later: { selectedPort: { logicalLabel: 'eth0' } },
      laterAfter: { seconds: 30n, nanos: 0 },
    });
  });

  it('sees to the end for each of hundreds of network instances that have holds of their own', () => {
    const names = Array.from({ length: 300 }, (_, number) => `ni${number}`);
    const uuidOf = (number: number) => `6ba7b810-9dad-41d1-80b4-${String(number).padStart(12, '0')}`;
    const json = deviceConfigJson({
      ports: sketch.ports,
      networkInstances: Object.fromEntries(names.map((name, number) => [name, { uuid: uuidOf(number) }])),
    }) as { networkInstances: object[] };
    const networkInstances = json.networkInstances.map((one, number) => ({
      ...one,
      ip: { subnet: `10.${Math.floor(number / 200)}.${number % 200}.0/24` },
      test: { failbackHold: `${30 + number}s` },
    }));
    const device = new DecidedDevice();
    device.decide({ ...json, networkInstances }, allUp);
    device.decide({ ...json, networkInstances }, { ...allUp, eth0: 'no-carrier' });
    device.clock.advance(600_000);
    const answer = asked(device, { ports: [{ port: 'eth0', state: WORKING }] });
    expect(
      answer.networkInstances.map(({ later, laterAfter }) => [
        later?.selectedPort?.logicalLabel,
        durationInMs(laterAfter),
      ]),
    ).toEqual(names.map((_, number) => ['eth0', (30 + number) * 1_000]));
  });

  it('says when a port would be left for a costlier one, where that waits', () => {
    const json = deviceConfigJson(sketch) as { networkInstances: object[] };
    const networkInstances = json.networkInstances.map((one) => ({ ...one, test: { failoverHold: '60s' } }));
    const device = new DecidedDevice();
    device.decide({ ...json, networkInstances }, allUp);
    const answer = asked(device, { ports: [{ port: 'eth0', state: DOWN }] });
    expect(moves(answer)).toBe('crew: eth0 -> eth0, after 60 s wwan0; bridge: eth0 -> eth0, after 60 s wwan0');
    expect(answer.networkInstances[0]?.wouldBe?.failoverWait).toMatchObject({ toPort: 'wwan0' });
    const off = asked(device, { config: configFromJson(ship), ports: [{ port: 'eth0', state: DOWN }] });
    expect(moves(off)).toBe('crew: eth0 -> wwan0; bridge: eth0 -> wwan0');
  });

  it('takes other ports that work to answer, where one is assumed to fail', () => {
    const device = new DecidedDevice(controllerTarget);
    device.decide(ship, allUp);
    // Long enough for an answer to be too old to go by when the port in use really fails.
    device.clock.advance(600_000);
    expect(moves(asked(device, { ports: [{ port: 'eth0', state: FAILING }] }))).toBe(
      'crew: eth0 -> wwan0; bridge: eth0 -> wwan0',
    );
  });

  it('takes a port whose controller does not answer for one that works', () => {
    const device = new DecidedDevice(controllerTarget);
    device.decide(ship, allUp);
    device.decide(ship, { ...allUp, eth0: 'failing' });
    device.clock.advance(60_000);
    expect(moves(asked(device, {}))).toBe('');
    expect(moves(asked(device, { ports: [{ port: 'eth0', state: WORKING }] }))).toBe(
      'crew: wwan0 -> wwan0, after 30 s eth0; bridge: wwan0 -> wwan0, after 30 s eth0',
    );
  });

  it('says of operations what would change, with a port that loses its link', () => {
    const answer = asked(onShip(), { ports: [{ port: 'eth0', state: DOWN }] });
    expect(portsOf(answer, CONTROLLER, 'now')).toBe('eth0 wwan0 sat0');
    expect(portsOf(answer, CONTROLLER, 'wouldBe')).toBe('wwan0 sat0');
    expect(portsOf(answer, BASE_IMAGE, 'wouldBe')).toBe('');
    expect(answer.operations.every(({ changes }) => changes)).toBe(true);
    expect(answer.lines).toEqual([
      'crew would go from eth0 to wwan0 at once: link lost (eth0: no carrier).',
      'bridge would go from eth0 to wwan0 at once: link lost (eth0: no carrier).',
      'Controller traffic would have, best first: wwan0, sat0 (now eth0, wwan0, sat0).',
      'Log upload would have, best first: wwan0, sat0 (now eth0, wwan0, sat0).',
      'Base image download would have no port (now eth0).',
      'App image download would have no port (now eth0).',
      'App traffic would have, best first: wwan0, sat0 (now eth0, wwan0, sat0).',
    ]);
  });
});

describe('what if the policy were another', () => {
  it.each([
    [
      'a port better than the one in use',
      { ports: [portPriority('sat0', 0), portPriority('eth0', 5)] },
      'crew: eth0 -> sat0; bridge: eth0 -> sat0',
    ],
    [
      'a network instance forbidden its port',
      { networkInstances: [networkInstancePriorities('crew', [20])] },
      'crew: eth0 -> sat0',
    ],
    [
      'a network instance forbidden every port',
      { networkInstances: [networkInstancePriorities(BRIDGE, [])] },
      'bridge: eth0 -> none',
    ],
    [
      'app traffic forbidden a port',
      { operations: [operationPriorities(APP_TRAFFIC, [10, 20])] },
      'crew: eth0 -> wwan0',
    ],
    [
      'a port for the controller alone',
      { ports: [portOperations('eth0', [CONTROLLER])] },
      'crew: eth0 -> wwan0; bridge: eth0 -> wwan0',
    ],
    ['what is in force already', { ports: [portPriority('eth0', undefined)] }, ''],
  ])('%s', (_what, patch, want) => {
    expect(moves(asked(onShip(), { policy: patchOf(patch) }))).toBe(want);
  });

  it('tells what decisions then come to', () => {
    const device = onShip();
    const config = {
      ...ship,
      operationPolicies: [{ operation: 'NETWORK_OPERATION_APP_TRAFFIC', allowed: { priorities: [20] } }],
    };
    const { networkInstances } = asked(device, { config: configFromJson(config) });
    const foreseen = networkInstances.map(({ wouldBe }) =>
      wouldBe?.candidates.map(({ rank, reasons }) => ({ rank, reasons })),
    );
    device.decide(config, allUp);
    const decided = device.publisher.networkInstanceTestStatuses();
    expect(decided.map(({ candidates }) => candidates.map(({ rank, reasons }) => ({ rank, reasons })))).toEqual(
      foreseen,
    );
  });

  it('lies over what is overridden already', () => {
    const device = new DecidedDevice();
    const overrides: PolicyOverride[] = [
      { value: { $case: 'portPriority', value: { logicalLabel: 'sat0', priority: 0 } }, origin: undefined },
      { value: { $case: 'portPriority', value: { logicalLabel: 'eth0', priority: 30 } }, origin: undefined },
    ];
    device.decide(ship, allUp, { overrides, grants: [], version: 4n });
    const answer = asked(device, { policy: patchOf({ ports: [portPriority('eth0', undefined)] }) });
    expect(answer).toMatchObject({ configVersion: 1n, policyVersion: 4n });
    // eth0 is as good as sat0 then, and sat0 is in use.
    expect(moves(answer)).toBe('');
    expect(answer.lines[0]).toBe('crew would stay on sat0, with eth0, wwan0 behind it (now wwan0, eth0).');
  });

  it('with a grant that there is not', () => {
    const device = onShip();
    const answer = asked(device, { grants: [{ operation: APP_IMAGE, priorities: [20], networkInstance: '' }] });
    expect(portsOf(answer, APP_IMAGE, 'wouldBe')).toBe('eth0 sat0');
    expect(answer.lines).toEqual(['App image download would have, best first: eth0, sat0 (now eth0).']);
    const granted = answer.operations.find(({ operation }) => operation === APP_IMAGE)?.wouldBe[1];
    expect(granted?.reasons.at(-1)?.detail).toBe('only the grant that is assumed permits it');
    expect(granted?.grantedUntilBoottime).toBeUndefined();
  });

  it('with a grant for one network instance, at sea', () => {
    const device = onShip({ eth0: 'no-carrier', wwan0: 'no-carrier', sat0: 'up' });
    const sat = { operation: APP_TRAFFIC, priorities: [20] };
    expect(moves(asked(device, { grants: [{ ...sat, networkInstance: 'bridge' }] }))).toBe('bridge: none -> sat0');
    expect(moves(asked(device, { grants: [{ ...sat, networkInstance: 'crew' }] }))).toBe('');
  });
});

describe('what if the configuration were another', () => {
  const without = (...names: (keyof typeof sketch.networkInstances)[]) =>
    Object.fromEntries(Object.entries(sketch.networkInstances).filter(([name]) => !names.some((one) => one === name)));

  it('network instances come and go', () => {
    const guests = { uuid: '6ba7b812-9dad-41d1-80b4-00c04fd430c8', allowed: [7] };
    const json = deviceConfigJson({ ports: sketch.ports, networkInstances: { ...without('bridge'), guests } });
    const answer = asked(onShip(), { config: configFromJson(json) });
    expect(moves(answer)).toBe('bridge: eth0 -> gone');
    expect(answer.lines).toEqual([
      'guests would be new, and have no port, since policy permits none of the ports that it asks for; its traffic would be rejected.',
      'bridge would be gone; now it has eth0.',
    ]);
    expect(answer.networkInstances.map(({ displayName }) => displayName)).toEqual(['crew', 'guests', 'bridge']);
  });

  it('a port that nobody watches counts as missing, unless it is assumed to be there', () => {
    const config = configFromJson(deviceConfigJson({ ...sketch, ports: { ...sketch.ports, wlan0: 0, eth0: 5 } }));
    const unknown = asked(onShip(), { config });
    expect(moves(unknown)).toBe('bridge: eth0 -> wwan0');
    expect(unknown.lines[0]).toContain('wlan0 (wlan0) is not in the configuration in force');
    expect(moves(asked(onShip(), { config, ports: [{ port: 'wlan0', state: WORKING }] }))).toBe(
      'crew: eth0 -> wlan0; bridge: eth0 -> wlan0',
    );
  });

  it('a port that is only called another name is known by its interface', () => {
    const text = JSON.stringify(ship)
      .replaceAll('"eth0"', '"harbour"')
      .replace('"ifname":"harbour"', '"ifname":"eth0"');
    const answer = asked(onShip(), { config: configFromJson(JSON.parse(text) as object) });
    expect(moves(answer)).toBe('crew: eth0 -> harbour; bridge: eth0 -> harbour');
  });

  it('overrides and grants of what it no longer has end with it', () => {
    const device = new DecidedDevice();
    const overrides: PolicyOverride[] = [
      {
        value: { $case: 'networkInstancePriorities', value: { networkInstanceId: BRIDGE, priorities: [20] } },
        origin: undefined,
      },
    ];
    device.decide(ship, allUp, { overrides, grants: [] });
    const config = configFromJson(deviceConfigJson({ ports: sketch.ports, networkInstances: without('bridge') }));
    expect(asked(device, { config }).lines[0]).toMatch(
      /^priorities for .*: 20 \(override\) ends: the configuration no longer has it\.$/,
    );
  });
});

describe('a what-if that is invalid', () => {
  function violationsOf(request: Partial<EvaluateRequest>): readonly string[] {
    try {
      asked(onShip(), request);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'INVALID_WHAT_IF' });
      return error.violations.map(({ field }) => field);
    }
    throw new Error('it should have failed');
  }

  it('is told all of its problems at once, each with its field', () => {
    expect(
      violationsOf({
        policy: patchOf({
          ports: [portPriority('eth7', 0), portPriority('eth0', 256), portPriority('eth0', 1)],
          operations: [operationPriorities(99 as NetworkOperation, [])],
          networkInstances: [networkInstancePriorities('galley', [0])],
        }),
        grants: [
          { operation: 0, priorities: [300], networkInstance: '' },
          { operation: APP_IMAGE, priorities: [], networkInstance: 'crew' },
        ],
        ports: [
          { port: 'eth7', state: DOWN },
          { port: 'wwan0', state: UNSPECIFIED },
          { port: 'sat0', state: DOWN },
          { port: 'sat0', state: WORKING },
        ],
      }).toSorted(),
    ).toEqual(
      [
        'policy.ports[2].logicalLabel',
        'policy.ports[0].logicalLabel',
        'policy.ports[1].priority',
        'policy.operations[0].operation',
        'policy.networkInstances[0].networkInstance',
        'grants[0].operation',
        'grants[0].priorities[0]',
        'grants[1].priorities',
        'grants[1].networkInstance',
        'ports[0].port',
        'ports[1].state',
        'ports[3].port',
      ].toSorted(),
    );
  });

  it('is told those of its configuration, and of the rest what can be said without it', () => {
    const json = JSON.stringify(ship).replace('10.77.1.0/24', '10.77.1.0/99');
    expect(
      violationsOf({
        config: configFromJson(JSON.parse(json) as object),
        policy: patchOf({ ports: [portPriority('eth7', 999)] }),
        ports: [{ port: 'eth9', state: UNSPECIFIED }],
      }),
    ).toEqual(['config.networkInstances[1].ip.subnet', 'policy.ports[0].priority', 'ports[0].state']);
  });

  it('changes nothing, sound or not', () => {
    const device = onShip();
    const before = structuredClone(device.publisher.networkInstanceTestStatuses());
    const { revision } = device.publisher.testStatuses;
    asked(device, { ports: [{ port: 'eth0', state: DOWN }], policy: patchOf({ ports: [portPriority('sat0', 0)] }) });
    expect(device.publisher.networkInstanceTestStatuses()).toEqual(before);
    expect(device.publisher.testStatuses.revision).toBe(revision);
  });
});
