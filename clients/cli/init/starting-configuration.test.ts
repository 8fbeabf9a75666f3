import { describe, expect, it } from '@jest/globals';

import { configFromFileContent, interpret } from '../../../lib/configuration/index.js';
import { freeSubnet, startingConfiguration } from './starting-configuration.js';

const ids = {
  device: '0a511900-0000-4000-8000-000000000001',
  network: '0a000000-0000-4000-8000-00000000d4c9',
  networkInstance: '0a77c0de-0000-4000-8000-000000000001',
};
const uplinks = [
  { name: 'wwan0', metric: 200 },
  { name: 'eth0', metric: 100 },
];
const TEXT = startingConfiguration(uplinks, ids, '10.77.0');

function modelOf(yaml: string) {
  const read = interpret(configFromFileContent(Buffer.from(yaml), 'start.yaml'));
  if (read.kind === 'invalid') throw new Error(JSON.stringify(read.problems));
  return read.model;
}

describe('startingConfiguration', () => {
  it('is a configuration, its ports in the order of their metrics', () => {
    const { ports, networkInstances, apps } = modelOf(TEXT);
    expect(ports.map(({ label, priority }) => [label, priority])).toEqual([
      ['eth0', 0],
      ['wwan0', 1],
    ]);
    expect(networkInstances.map(({ name, portLabel }) => [name, portLabel])).toEqual([['default', 'uplink']]);
    expect(apps).toEqual([]);
  });

  it('is one, too, with everything that is commented out', () => {
    // What is YAML in the comments: a key with a value or without, an entry of a list.
    const whole = TEXT.replace(/^( *)# (( *- )?( *)[\w]+:( .*)?| *# .*)$/gm, '$1$2').replace(/^.*#.*$/gm, '');
    const { apps, networkInstances, operationPriorities } = modelOf(whole);
    expect(apps.map(({ name }) => name)).toEqual(['app1']);
    expect(networkInstances[0]?.allowedPriorities).toEqual({ kind: 'priorities', priorities: [0, 1] });
    expect(networkInstances[0]?.test.target).toBeDefined();
    expect(operationPriorities.size).toBe(1);
  });
});

describe('freeSubnet', () => {
  it.each([
    [[], '10.77.0'],
    [['10.77.0.1'], '10.78.0'],
  ])('with %j taken it is %s', (taken: readonly string[], want) => {
    expect(freeSubnet((address) => taken.includes(address))).toBe(want);
  });
});
