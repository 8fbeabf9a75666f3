import { status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import { EvaluateResponse, type EvaluateRequest } from '../../../gen/nim/v1/network_interface_manager.js';
import type { PolicyPatch } from '../../../gen/zedagent/v1/policy.js';
import { atOnce } from '../../../lib/slices/index.js';
import { configFromJson, ConfigSyntaxError } from '../../../lib/configuration/index.js';
import { randomConfigJson } from '../../../lib/configuration/testing/random-config.js';
import { RpcError } from '../../../lib/rpc/index.js';
import { DecidedDevice } from '../testing/decided-device.js';
import { deviceConfigJson } from '../testing/device-config.js';
import { evaluate } from './index.js';

const ids = ['6ba7b810-9dad-41d1-80b4-00c04fd430c8', '6ba7b811-9dad-41d1-80b4-00c04fd430c8'] as const;
const labels = ['eth0', 'wwan0', 'sat0'] as const;
const priority = fc.constantFrom(0, 1, 2, 9);
const words = fc.constantFrom('up', 'up', 'no-carrier', 'no-address', 'missing', 'admin-down');

/** Now and then garbage: a request has many parts, and one that is wrong spoils it. */
const mostly = <T>(good: fc.Arbitrary<T>, garbage: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 15, arbitrary: good }, { weight: 1, arbitrary: garbage });
const label = mostly<string>(fc.constantFrom(...labels), fc.string({ maxLength: 5 }));
const networkInstance = mostly<string>(fc.constantFrom('crew', 'bridge', ids[0], ids[1].toUpperCase()), fc.string());
const anyEnum = mostly(fc.integer({ min: 1, max: 3 }), fc.integer({ min: -1, max: 7 }));
const priorities = fc.array(mostly(priority, fc.constantFrom(255, 256, 2 ** 32 - 1)), { minLength: 1, maxLength: 4 });
const change = <Set>(set: fc.Arbitrary<Set>, takeBack: string) =>
  mostly<unknown>(fc.oneof(set, fc.constant({ $case: takeBack, value: {} })), fc.constant(undefined));
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 2 });

const patches = fc.record({
  ports: few(
    fc.record({
      logicalLabel: label,
      priorityChange: change(
        priority.map((value) => ({ $case: 'priority', value })),
        'takeBackPriority',
      ),
      allowedOperationsChange: change(
        few(anyEnum).map((operations) => ({ $case: 'allowedOperations', value: { operations } })),
        'takeBackAllowedOperations',
      ),
    }),
  ),
  operations: few(
    fc.record({
      operation: anyEnum,
      allowedChange: change(
        priorities.map((value) => ({ $case: 'allowed', value: { priorities: value } })),
        'takeBackAllowed',
      ),
    }),
  ),
  networkInstances: few(
    fc.record({
      networkInstance,
      allowedPrioritiesChange: change(
        priorities.map((value) => ({ $case: 'allowedPriorities', value: { priorities: value } })),
        'takeBackAllowedPriorities',
      ),
    }),
  ),
}) as unknown as fc.Arbitrary<PolicyPatch>;

const config: fc.Arbitrary<EdgeDevConfig | undefined> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: randomConfigJson.map(readOrNothing) },
  {
    weight: 1,
    arbitrary: fc
      .record({ eth0: priority, wwan0: priority, wlan0: priority })
      .map((ports) => configFromJson(deviceConfigJson({ ports, networkInstances: { crew: { uuid: ids[0] } } }))),
  },
);

function readOrNothing(json: unknown): EdgeDevConfig | undefined {
  try {
    return configFromJson(json);
  } catch (error) {
    if (error instanceof ConfigSyntaxError) return undefined;
    throw error;
  }
}

const requests = fc.record({
  config,
  policy: fc.option(patches, { nil: undefined }),
  grants: few(fc.record({ operation: anyEnum, priorities, networkInstance: mostly(fc.constant(''), networkInstance) })),
  ports: few(fc.record({ port: label, state: anyEnum })),
}) as unknown as fc.Arbitrary<EvaluateRequest>;

const devices = fc
  .record({
    ports: fc.record({ eth0: priority, wwan0: priority, sat0: priority }),
    allowed: fc.option(fc.subarray([0, 1, 2, 9]), { nil: undefined }),
    then: fc.record({ eth0: words, wwan0: words, sat0: words }),
    back: fc.boolean(),
  })
  .map(({ ports, allowed, then, back }) => {
    const device = new DecidedDevice();
    const bridge = allowed === undefined ? { uuid: ids[1] } : { uuid: ids[1], allowed };
    const json = deviceConfigJson({ ports, networkInstances: { crew: { uuid: ids[0] }, bridge } });
    const allUp = { eth0: 'up', wwan0: 'up', sat0: 'up' };
    device.decide(json, allUp);
    device.decide(json, then);
    // Failback holds run.
    if (back) device.decide(json, allUp);
    return { device, json, states: back ? allUp : then };
  });

function answerTo(request: EvaluateRequest, device: DecidedDevice): EvaluateResponse | RpcError {
  const { published } = device.publisher;
  if (published === undefined) throw new Error('nothing is published');
  try {
    return atOnce(evaluate(request, published, device.publisher, device.clock));
  } catch (error) {
    if (error instanceof RpcError) return error;
    throw error;
  }
}

const nothing: EvaluateRequest = { config: undefined, policy: undefined, grants: [], ports: [] };

describe('whatever is asked', () => {
  it('there is an answer that can be sent, or every problem by field, and nothing has changed', () => {
    let answered = 0;
    fc.assert(
      fc.property(devices, requests, ({ device }, request) => {
        const before = device.publisher.published;
        const answer = answerTo(request, device);
        expect(device.publisher.published).toBe(before);
        if (answer instanceof RpcError) {
          expect(answer.code).toBe(status.INVALID_ARGUMENT);
          expect(answer.violations.length).toBeGreaterThan(0);
          for (const { field } of answer.violations) expect(field).toMatch(/^(config|policy|grants|ports)\b/);
          return;
        }
        answered += 1;
        EvaluateResponse.decode(EvaluateResponse.encode(answer).finish());
        for (const { wouldBe, later } of answer.networkInstances) {
          for (const each of [wouldBe, later]) {
            const chosen = each?.candidates.find(({ rank }) => rank === 1);
            expect(each?.selectedPort?.logicalLabel).toBe(chosen?.logicalLabel);
            if (chosen !== undefined) expect(chosen).toMatchObject({ eligible: true, usable: true });
          }
        }
      }),
      { numRuns: 500 },
    );
    expect(answered).toBeGreaterThan(50);
  });

  it('of nothing, what would be is what is, and later is what NIM then decides', () => {
    fc.assert(
      fc.property(devices, ({ device, json, states }) => {
        const answer = answerTo(nothing, device);
        if (answer instanceof RpcError) throw answer;
        for (const { now, wouldBe } of answer.networkInstances) {
          expect(wouldBe?.selectedPort).toEqual(now?.selectedPort);
          expect(wouldBe?.candidates.map(({ logicalLabel, rank }) => [logicalLabel, rank])).toEqual(
            now?.candidates.map(({ logicalLabel, rank }) => [logicalLabel, rank]),
          );
        }
        expect(answer.operations.some(({ changes }) => changes)).toBe(false);
        const inTheEnd = answer.networkInstances.map(({ wouldBe, later }) => (later ?? wouldBe)?.selectedPort);
        // All holds are over after an hour.
        device.clock.advance(3_600_000);
        device.decide(json, states);
        expect(device.publisher.networkInstanceTestStatuses().map(({ selectedPort }) => selectedPort)).toEqual(
          inTheEnd,
        );
      }),
      { numRuns: 300 },
    );
  });
});
