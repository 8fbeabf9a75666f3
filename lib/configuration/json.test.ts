import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { AuthContainer } from '../../gen/auth/auth.js';
import { ConfigResponse, EdgeDevConfig } from '../../gen/config/devconfig.js';
import { configFromFileContent, configFromJson, configToJson, ConfigSyntaxError, readFileContent } from './index.js';
import { randomConfigJson } from './testing/random-config.js';
import { uuid } from './testing/ship-json.js';

function refusalOf(run: () => unknown): ConfigSyntaxError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigSyntaxError) return error;
  }
  throw new Error('expected a ConfigSyntaxError');
}

describe('configFromJson', () => {
  it('takes both forms of field names', () => {
    const camel = configFromJson({
      operationPolicies: [{ operation: 'NETWORK_OPERATION_CONTROLLER' }],
      deviceName: 'ship',
    });
    const snake = configFromJson({ operation_policies: [{ operation: 1 }], device_name: 'ship' });
    expect(snake).toEqual(camel);
    expect(camel.deviceName).toBe('ship');
  });

  it('tells every field that does not fit, by its path', () => {
    const { problems, message } = refusalOf(() =>
      configFromJson({
        nonsense: 1,
        networkInstances: [
          { displayname: 'fine' },
          { displayname: 5, ip: { subnett: 'x' }, instType: 'Nonsense', test: { interval: 'soon' } },
          null,
        ],
        deviceIoList: [{ phyaddrs: { ifname: 1 }, usagePolicy: { fallBackPriority: -1 } }],
        systemAdapterList: { name: 'eth0' },
      }),
    );
    expect(problems.map(({ field }) => field)).toEqual([
      'nonsense',
      'networkInstances[1].displayname',
      'networkInstances[1].ip.subnett',
      'networkInstances[1].instType',
      'networkInstances[1].test.interval',
      'networkInstances[2]',
      'deviceIoList[0].phyaddrs',
      'deviceIoList[0].usagePolicy.fallBackPriority',
      'systemAdapterList',
    ]);
    expect(message).toContain('networkInstances[1].displayname: expected string, got 5');
    expect(message).toContain('networkInstances[1].instType: no such value: "Nonsense"');
  });

  it.each([undefined, 7, 'text', [], null, true])('refuses %p', (json) => {
    expect(refusalOf(() => configFromJson(json)).message).not.toBe('');
  });

  it('tells a oneof that is set twice', () => {
    const { problems } = refusalOf(() => configFromJson({ bonds: [{ mii: {}, arp: {} }] }));
    expect(problems.map(({ field }) => field)).toEqual(['bonds[0]']);
    expect(problems[0]?.description).toContain('oneof set multiple times');
  });
});

describe('configToJson', () => {
  it('gives back what configFromJson takes (property)', () => {
    fc.assert(
      fc.property(randomConfigJson, (json) => {
        const config = configFromJson(json);
        expect(configFromJson(configToJson(config))).toEqual(config);
        expect(configFromJson(JSON.parse(JSON.stringify(configToJson(config))))).toEqual(config);
      }),
      { numRuns: 100 },
    );
  });
});

const JSON_TEXT = '{"networkInstances": [{"displayname": "a"}], "controllerEpoch": "9007199254740993"}';
const YAML_TEXT = '# comment\nnetworkInstances:\n  - displayname: a\ncontrollerEpoch: "9007199254740993"\n';
const expected = configFromJson(JSON.parse(JSON_TEXT));
const binary = EdgeDevConfig.encode(expected).finish();

describe('configFromFileContent', () => {
  it.each<{ fileName: string; content: Uint8Array }>([
    { fileName: 'ship.json', content: Buffer.from(JSON_TEXT) },
    { fileName: 'ship.JSON', content: Buffer.from(`\n ${JSON_TEXT}`) },
    { fileName: 'ship.yaml', content: Buffer.from(YAML_TEXT) },
    { fileName: 'ship.yml', content: Buffer.from(YAML_TEXT) },
    { fileName: 'ship.yaml', content: Buffer.from(JSON_TEXT) },
    { fileName: 'ship.binpb', content: binary },
    { fileName: 'ship', content: binary },
    { fileName: '-', content: Buffer.from(JSON_TEXT) },
    { fileName: '-', content: Buffer.from(YAML_TEXT) },
    { fileName: '-', content: binary },
  ])('reads $fileName', ({ fileName, content }) => {
    expect(configFromFileContent(content, fileName)).toEqual(expected);
  });

  it.each<{ what: string; fileName: string; content: string; says: RegExp }>([
    { what: 'broken JSON', fileName: 'a.json', content: '{"networkInstances": [}', says: /line 1/ },
    { what: 'broken YAML', fileName: 'a.yaml', content: 'a: [\nb: c', says: /line/ },
    {
      what: 'a YAML bomb',
      fileName: 'a.yaml',
      content: `a: &a [x]\n${Array.from(
        { length: 12 },
        (_, n) =>
          `${'b'.repeat(n + 1)}: &${'b'.repeat(n + 1)} [${Array(10)
            .fill(n === 0 ? '*a' : `*${'b'.repeat(n)}`)
            .join(',')}]`,
      ).join('\n')}`,
      says: /alias/i,
    },
    { what: 'bytes in a text file', fileName: 'a.json', content: '\u0000', says: /not text/ },
    {
      what: 'unknown field in YAML',
      fileName: 'a.yaml',
      content: 'networkInstances:\n- nonsense: 1\n',
      says: /networkInstances\[0\]\.nonsense/,
    },
    { what: 'garbage', fileName: 'a', content: '%%%%%', says: /neither JSON nor YAML nor/ },
  ])('refuses $what', ({ fileName, content, says }) => {
    expect(refusalOf(() => configFromFileContent(Buffer.from(content), fileName)).message).toMatch(says);
  });

  it.each([
    ['an empty file', '', 'a.yaml', /empty/],
    ['an empty file of any name', '', '-', /empty/],
    ['a file of comments', '# nothing yet\n', 'a.yaml', /holds nothing/],
    ['JSON of a controller without news', '{"configHash": "abc"}', 'a.json', /no news/],
    ['an AuthContainer of something else', '{"protectedPayload": {"payload": "AAAA"}}', 'a.json', /no configuration/],
  ])('refuses %s', (_what, content, fileName, says) => {
    expect(refusalOf(() => configFromFileContent(Buffer.from(content), fileName)).message).toMatch(says);
  });

  const device = configFromJson({ id: { uuid: uuid(9) }, networkInstances: [{ displayname: 'a' }] });
  const nameless = configFromJson({ networkInstances: [{ displayname: 'a' }] });
  const responseOf = (config: EdgeDevConfig | undefined) =>
    ConfigResponse.encode(ConfigResponse.fromPartial({ config, configHash: 'abc' })).finish();
  const containerOf = (payload: Uint8Array) =>
    AuthContainer.encode(AuthContainer.fromPartial({ protectedPayload: { payload: Buffer.from(payload) } })).finish();

  it.each<[string, Uint8Array, string, EdgeDevConfig]>([
    ['a configuration', EdgeDevConfig.encode(device).finish(), 'configuration', device],
    ['a configuration of no device', EdgeDevConfig.encode(nameless).finish(), 'configuration', nameless],
    ['a ConfigResponse', responseOf(device), 'config-response', device],
    ['a ConfigResponse of no device', responseOf(nameless), 'config-response', nameless],
    ['an AuthContainer', containerOf(responseOf(device)), 'auth-container', device],
    [
      'an AuthContainer around the bare thing',
      containerOf(EdgeDevConfig.encode(device).finish()),
      'auth-container',
      device,
    ],
    [
      'a ConfigResponse in JSON',
      Buffer.from(JSON.stringify({ config: configToJson(device), configHash: 'x' })),
      'config-response',
      device,
    ],
  ])('takes %s', (_what, bytes, wrapping, config) => {
    expect(readFileContent(bytes, 'pushed')).toEqual({ wrapping, config });
  });

  it('names a controller that had no news', () => {
    expect(refusalOf(() => configFromFileContent(responseOf(undefined), 'a.binpb')).message).toMatch(/no news/);
  });

  it('keeps the unknown fields of a binary file', () => {
    // Field 4242, length-delimited: what a newer controller may send.
    const newer = Buffer.concat([binary, Buffer.from([0x92, 0x89, 0x02, 0x03, 0x61, 0x62, 0x63])]);
    expect(Buffer.from(EdgeDevConfig.encode(configFromFileContent(newer, 'a.binpb')).finish())).toEqual(newer);
  });
});
