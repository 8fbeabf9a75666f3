import { describe, expect, it } from '@jest/globals';
import { lineOfField } from './line-of-field.js';

const yaml = `# ship
deviceIoList:
  - logicallabel: eth0
    phyaddrs:
      ifname: "eth 0"
    usage_policy: { fallBackPriority: 1,
      allowed_operations: [A, B] }

  - &second
    logicallabel: wwan0
`;
const json = JSON.stringify({ networkInstances: [{ displayname: 'a' }, { ip: { subnet: 'x' } }] }, undefined, 2);

describe('lineOfField', () => {
  it.each([
    [yaml, 'deviceIoList', 2],
    [yaml, 'deviceIoList[0].phyaddrs["ifname"]', 5],
    [yaml, 'deviceIoList[0].usagePolicy.fallBackPriority', 6],
    [yaml, 'deviceIoList[0].usagePolicy.allowedOperations[1]', 7],
    [yaml, 'deviceIoList[1].logicallabel', 10],
    [json, 'networkInstances[0].displayname', 4],
    [json, 'networkInstances[1].ip.subnet', 8],
    ['a: &x {\n b: 1 }\nc: *x', 'c.b', 3],
  ])('%#: finds a field in either form of its name', (text, field, line) => {
    expect(lineOfField(text)(field)).toBe(line);
  });

  it.each([
    [yaml, 'deviceIoList[0].usage', 3],
    [yaml, 'deviceIoList[7].usage', 2],
    [json, 'networkInstances[1].uuidandversion.uuid', 6],
    [yaml, 'nothing', 2],
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
