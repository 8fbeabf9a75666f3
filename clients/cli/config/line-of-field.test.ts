import { describe, expect, it } from '@jest/globals';
import { lineOfField } from './line-of-field.js';

const YAML_TEXT = `# ship
deviceIoList:
  - logicallabel: eth0
    phyaddrs:
      ifname: "eth 0"
    usage_policy: { fallBackPriority: 1,
      allowed_operations: [A, B] }

  - &second
    logicallabel: wwan0
`;
const JSON_TEXT = JSON.stringify({ networkInstances: [{ displayname: 'a' }, { ip: { subnet: 'x' } }] }, undefined, 2);

describe('lineOfField', () => {
  it.each([
    [YAML_TEXT, 'deviceIoList', 2],
    [YAML_TEXT, 'deviceIoList[0].phyaddrs["ifname"]', 5],
    [YAML_TEXT, 'deviceIoList[0].usagePolicy.fallBackPriority', 6],
    [YAML_TEXT, 'deviceIoList[0].usagePolicy.allowedOperations[1]', 7],
    [YAML_TEXT, 'deviceIoList[1].logicallabel', 10],
    [JSON_TEXT, 'networkInstances[0].displayname', 4],
    [JSON_TEXT, 'networkInstances[1].ip.subnet', 8],
    ['a: &x {\n b: 1 }\nc: *x', 'c.b', 3],
  ])('%#: finds a field in either form of its name', (text, field, line) => {
    expect(lineOfField(text)(field)).toBe(line);
  });

  it.each([
    [YAML_TEXT, 'deviceIoList[0].usage', 3],
    [YAML_TEXT, 'deviceIoList[7].usage', 2],
    [JSON_TEXT, 'networkInstances[1].uuidandversion.uuid', 6],
    [YAML_TEXT, 'nothing', 2],
  ])('%#: of a field that is not there, the line of what it belongs in', (text, field, line) => {
    expect(lineOfField(text)(field)).toBe(line);
  });

  it.each([
    ['a: [', 'a'],
    ['', 'a'],
    ['{"a": 1', 'a'],
  ])('%j has no lines', (text, field) => {
    expect(lineOfField(text)(field)).toBeUndefined();
  });
});
