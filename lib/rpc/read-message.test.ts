import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { PushConfigRequest } from '../../gen/zedagent/v1/device_config.js';
import { configFromJson } from '../configuration/index.js';
import { randomConfigJson } from '../configuration/testing/random-config.js';
import { atOnce } from '../slices/index.js';
import { configurationRequest, type MessageLimits } from './message-limits.js';
import { readMessage } from './read-message.js';
import { weightOf } from './weight.js';

const read = (bytes: Uint8Array, limits: MessageLimits = configurationRequest): PushConfigRequest =>
  atOnce(readMessage(bytes, limits, (reader) => PushConfigRequest.decode(reader)));

/** Fields of wire type LengthDelimited, one after the other. */
function fields(...numbered: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, content] of numbered) writer.tag(number, WireType.LengthDelimited).bytes(content);
  return writer.finish();
}

const EMPTY = new Uint8Array();
const times = <T>(count: number, item: T): T[] => Array<T>(count).fill(item);

/** Of EdgeDevConfig, AppInstanceConfig and NetworkAdapter. */
const APPS = 4;
const INTERFACES = 6;
const NETWORK_INSTANCES = 16;
const UNKNOWN = 4242;

describe('a large request', () => {
  it('is the same read in parts as at once, whatever order its fields have', () => {
    fc.assert(
      fc.property(randomConfigJson, fc.integer({ min: 1, max: 400 }), fc.nat(), (json, copies, seed) => {
        const config = configFromJson(json);
        const [app] = config.apps;
        if (app !== undefined) config.apps = times(copies, app);
        const more = fields(
          ...times(copies, [NETWORK_INSTANCES, fields([UNKNOWN, Buffer.from([seed & 0xff])])] as const),
          [14, Buffer.alloc(20_000, 'm')],
          [UNKNOWN, Buffer.from([1])],
        );
        const inside = Buffer.concat([more, EdgeDevConfig.encode(config).finish(), more]);
        const bytes = Buffer.concat([fields([1, inside]), Buffer.from([0x10, 0x01]), fields([UNKNOWN, EMPTY])]);
        expect(bytes.length).toBeGreaterThan(16 * 1024);
        expect(read(bytes)).toEqual(PushConfigRequest.decode(bytes));
      }),
      { numRuns: 30 },
    );
  });

  it('pauses between its parts', () => {
    const app = fields([2, Buffer.alloc(100, 'n')]);
    const request = fields([1, fields(...times(4_000, [APPS, app] as const))]);
    const reading = readMessage(request, configurationRequest, (reader) => PushConfigRequest.decode(reader));
    let pauses = 0;
    while (reading.next().done !== true) pauses += 1;
    expect(pauses).toBeGreaterThan(10);
  });

  it.each<[string, Uint8Array, RegExp]>([
    [
      'a list that is too long',
      fields(...times(5_000, [NETWORK_INSTANCES, fields([6, Buffer.alloc(4)])] as const)),
      /more than 4096 items in the list with field number 16/,
    ],
    [
      'lists of many numbers',
      fields(...Array.from({ length: 70_000 }, (_, index) => [100 + index, EMPTY] as const)),
      /more than 65536 fields/,
    ],
    ['one item that is too large', fields([APPS, Buffer.alloc(1_100_000)]), /an item of more than 1048576 bytes/],
    [
      'too many messages in one item',
      fields([APPS, fields(...times(30_000, [INTERFACES, EMPTY] as const))]),
      /one item of the request has more messages/,
    ],
    [
      'too much that stands once',
      fields(...Array.from({ length: 120 }, (_, index) => [200 + index, Buffer.alloc(10_000)] as const)),
      /bytes beside its lists/,
    ],
    [
      'little that takes much memory',
      fields(...times(20, [APPS, fields(...times(14_000, [INTERFACES, EMPTY] as const))] as const)),
      /bytes once it is decoded/,
    ],
    ['more bytes than may be', Buffer.alloc(configurationRequest.bytes), /more than 8388608 bytes/],
  ])('is refused for %s', (_what, config, words) => {
    expect(() => read(fields([1, config]))).toThrow(words);
  });

  it('is refused for much beside its largest message', () => {
    expect(() => read(fields([7, Buffer.alloc(1_100_000)], [1, EMPTY]))).toThrow(/beside its largest message/);
  });

  it('may be a ship of 500 network instances with two apps of 20 entries each, and one of 50,000 port maps', () => {
    for (const { instances, appsOfEach, entries } of [
      { instances: 500, appsOfEach: 2, entries: 20 },
      { instances: 2_000, appsOfEach: 1, entries: 25 },
      { instances: 1, appsOfEach: 1, entries: 4_000 },
    ]) {
      const uuid = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
      const matches = ['ip', 'protocol', 'fport'].map((type) => ({ type, value: '198.51.100.0/24' }));
      const acls = times(entries, { id: 1, matches, actions: [{ limit: true, limitrate: 10 }] });
      const config = EdgeDevConfig.fromPartial({
        networkInstances: times(instances, {
          uuidandversion: { uuid },
          displayname: 'crew',
          ip: { subnet: '10.1.0.0/24' },
        }),
        apps: times(instances * appsOfEach, {
          uuidandversion: { uuid },
          displayname: 'app',
          interfaces: [{ name: 'eth0', networkId: uuid, acls }],
        }),
      });
      const bytes = PushConfigRequest.encode(PushConfigRequest.fromPartial({ config })).finish();
      const { config: got } = read(bytes);
      expect(got?.apps).toHaveLength(instances * appsOfEach);
      expect(weightOf(got)).toBeLessThan(64 * 1024 * 1024);
    }
  });
});
