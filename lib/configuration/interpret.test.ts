import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { NetworkOperation } from '../../gen/evecommon/uplink.js';
import { configFromJson, interpret } from './index.js';
import { randomConfigJson } from './testing/random-config.js';
import { app, fieldsOf, local, modelOf, physical, portMap, ship, type Json } from './testing/ship-json.js';

describe('policies', () => {
  it('limit operations and downloads', () => {
    const { operationPriorities, downloadMaxCost } = modelOf({
      operationPolicies: [
        { operation: 'NETWORK_OPERATION_LOG_UPLOAD', allowed: { priorities: [0] } },
        { operation: 'NETWORK_OPERATION_APP_TRAFFIC' },
      ],
      configItems: [
        { key: 'timer.config.interval', value: 'x' },
        { key: 'network.download.max.cost', value: '7' },
      ],
    });
    expect([...operationPriorities]).toEqual([
      [NetworkOperation.NETWORK_OPERATION_LOG_UPLOAD, { kind: 'priorities', priorities: [0] }],
    ]);
    expect(downloadMaxCost).toBe(7);
  });

  it.each<[Json[], number | undefined, number | undefined]>([
    [[], undefined, undefined],
    [[{ key: 'timer.port.testinterval', value: '300' }], 300_000, undefined],
    [[{ key: 'timer.port.timeout', value: '15' }], undefined, 15_000],
    [[{ key: 'timer.port.timeout', value: '0' }], undefined, undefined],
  ])("take over EVE's times for testing ports: %j", (configItems, intervalMs, timeoutMs) => {
    expect(modelOf({ configItems }).portTest).toEqual({ intervalMs, timeoutMs });
  });
});

describe('problems of policies are told by field', () => {
  it.each<{ what: string; json: Json; fields: readonly string[] }>([
    {
      what: 'operation policies',
      json: {
        operationPolicies: [
          { operation: 0 },
          { operation: 99 },
          { operation: 1 },
          { operation: 1, allowed: { priorities: [300] } },
        ],
      },
      fields: [
        'operationPolicies[0].operation',
        'operationPolicies[1].operation',
        'operationPolicies[3].allowed.priorities[0]',
        'operationPolicies[3].operation',
      ],
    },
    ...['timer.port.testinterval', 'timer.port.timeout'].flatMap((key) =>
      ['-1', '1.5', '3601', '', 'x'].map((value) => ({
        what: `${key} ${JSON.stringify(value)}`,
        json: { configItems: [{ key: 'x' }, { key, value }] },
        fields: ['configItems[1].value'],
      })),
    ),
    ...['256', '-1', '1.5', '', 'x'].map((value) => ({
      what: `download limit ${JSON.stringify(value)}`,
      json: { configItems: [{ key: 'network.download.max.cost', value }] },
      fields: ['configItems[0].value'],
    })),
  ])('$what', ({ json, fields }) => {
    expect(fieldsOf(json)).toEqual(fields);
  });
});

describe('problems', () => {
  it('are told all at once, across the whole configuration', () => {
    const json = ship({
      deviceIoList: [physical('eth0', { phyaddrs: { ifname: 'a b' } }), physical('wwan0')],
      networkInstances: [local(1, { ip: {} }), local(2, { test: { failAfter: 0 } })],
      apps: [app(1, 7, { macAddress: 'x' })],
      configItems: [{ key: 'network.download.max.cost', value: '999' }],
    });
    expect(fieldsOf(json)).toEqual([
      'deviceIoList[0].phyaddrs["ifname"]',
      'networkInstances[0].ip.subnet',
      'networkInstances[1].test.failAfter',
      'apps[0].interfaces[0].networkId',
      'apps[0].interfaces[0].macAddress',
      'configItems[0].value',
    ]);
  });
});

describe('interpret', () => {
  it('never throws, and answers a model or problems, each with a field and a reason (property)', () => {
    let valid = 0;
    fc.assert(
      fc.property(randomConfigJson, (json) => {
        const config = configFromJson(json);
        const interpretation = interpret(config);
        if (interpretation.kind === 'valid') {
          valid += 1;
          expect(interpretation.model.ports).toHaveLength(config.systemAdapterList.length);
          expect(interpretation.model.networkInstances).toHaveLength(config.networkInstances.length);
        } else {
          expect(interpretation.problems.length).toBeGreaterThan(0);
          for (const { field, description } of interpretation.problems) {
            expect(field).not.toBe('');
            expect(description).not.toBe('');
          }
        }
        expect(interpret(config)).toEqual(interpretation);
      }),
      { numRuns: 500 },
    );
    expect(valid).toBeGreaterThan(0);
  });

  it('never throws at random bytes that decode (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        let config: EdgeDevConfig;
        try {
          config = EdgeDevConfig.decode(bytes);
        } catch {
          return;
        }
        expect(['valid', 'invalid']).toContain(interpret(config).kind);
      }),
      { numRuns: 1_000 },
    );
  });

  it('of many port maps takes no more than its share longer', () => {
    const manyPortMaps = (instances: number): EdgeDevConfig => {
      const numbers = Array.from({ length: instances }, (_, index) => index + 1);
      const networkInstances = numbers.map((number) =>
        local(number, { ip: { subnet: `10.${Math.floor(number / 250)}.${number % 250}.0/24` } }),
      );
      const acls = (number: number) => Array.from({ length: 100 }, (_, index) => portMap(String(number * 100 + index)));
      return configFromJson(
        ship({ networkInstances, apps: numbers.map((number) => app(number, number, { acls: acls(number) })) }),
      );
    };
    const fastestMs = (config: EdgeDevConfig): number =>
      Math.min(
        ...Array.from({ length: 5 }, () => {
          const startedAt = performance.now();
          expect(interpret(config).kind).toBe('valid');
          return performance.now() - startedAt;
        }),
      );
    const few = manyPortMaps(50);
    const many = manyPortMaps(500);
    fastestMs(few);
    // Ten times as many: 10 if linear, 100 if quadratic.
    expect(fastestMs(many) / fastestMs(few)).toBeLessThan(50);
  });
});
