import { describe, expect, it } from '@jest/globals';

import { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { ConfigSyntaxError, configFromFileContent, configFromJson, configToJson } from './index.js';

const json = {
  deviceName: 'ship',
  operationPolicies: [{ operation: 'NETWORK_OPERATION_CONTROLLER', allowed: { priorities: [0, 1] } }],
  networkInstances: [{ displayname: 'default', test: { failbackHold: '2.500s' } }],
};

describe('the JSON form of a configuration', () => {
  it('takes field names in both forms', () => {
    const original = {
      device_name: 'ship',
      operation_policies: [{ operation: 1, allowed: { priorities: [0, 1] } }],
      networkInstances: [{ displayname: 'default', test: { failback_hold: '2.5s' } }],
    };
    const bytes = (config: EdgeDevConfig) => Buffer.from(EdgeDevConfig.encode(config).finish()).toString('hex');
    expect(bytes(configFromJson(original))).toBe(bytes(configFromJson(json)));
  });

  it('comes back as it went in', () => {
    expect(configToJson(configFromJson(json))).toEqual(json);
  });

  it.each([
    { what: 'an unknown field', bad: { nonsense: 1 }, says: 'nonsense' },
    { what: 'a wrong type', bad: { networkInstances: [{ mtu: 'large' }] }, says: 'mtu' },
    { what: 'an unknown enum value', bad: { networkInstances: [{ instType: 'Bridge' }] }, says: 'Bridge' },
  ])('refuses $what and names it', ({ bad, says }) => {
    expect(() => configFromJson(bad)).toThrow(ConfigSyntaxError);
    expect(() => configFromJson(bad)).toThrow(says);
  });
});

describe('a configuration file', () => {
  it.each([
    { form: 'JSON', name: 'a.json', content: JSON.stringify(json) },
    { form: 'YAML', name: 'a.yaml', content: 'deviceName: ship\n' },
    { form: 'YAML without an ending', name: '-', content: 'deviceName: ship\n' },
    { form: 'binary', name: 'a.bin', content: EdgeDevConfig.encode(configFromJson({ deviceName: 'ship' })).finish() },
  ])('may be $form', ({ name, content }) => {
    expect(configFromFileContent(Buffer.from(content), name).deviceName).toBe('ship');
  });

  it('says line and column of what is no YAML', () => {
    expect(() => configFromFileContent(Buffer.from('a: [1\nb: 2\n'), 'a.yaml')).toThrow(/line 2/);
  });
});
