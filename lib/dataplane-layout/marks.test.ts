import { describe, expect, it } from '@jest/globals';

import {
  FLOW_NI_MASK,
  FLOW_PORT_MASK,
  flowMark,
  isPortTable,
  MAX_PORT_NUMBER,
  OURS,
  OURS_MASK,
  portMark,
  portTable,
  rankedPortNumbers,
  rankingMark,
  SUBNET_TABLE,
} from './index.js';
import { formatMark } from '../netlink/index.js';

describe('rankingMark', () => {
  it.each([
    { ports: [1, 2, 3], text: '0xe0000123' },
    { ports: [14], text: '0xe000000e' },
    { ports: [], text: '0xe000000f' },
  ])('reads like the ranking: $ports is $text', ({ ports, text }) => {
    expect(formatMark(rankingMark(ports))).toBe(text);
    expect(rankedPortNumbers(rankingMark(ports))).toEqual(ports);
  });

  it('arms at most seven ports and stays within its mask', () => {
    const mark = rankingMark([14, 13, 12, 11, 10, 9, 8, 7, 6]);
    expect(rankedPortNumbers(mark)).toEqual([14, 13, 12, 11, 10, 9, 8]);
    expect((mark & OURS_MASK) >>> 0).toBe(OURS);
  });
});

describe('rankedPortNumbers', () => {
  it.each([
    { mark: 0x123, ports: [1, 2, 3] },
    { mark: 0xf, ports: [] },
  ])('reads what 0.1.0 left in the kernel: $mark', ({ mark, ports }) => {
    expect(rankedPortNumbers(mark)).toEqual(ports);
  });
});

describe('flowMark', () => {
  it('keeps port and network instance apart', () => {
    const mark = flowMark(14, 4000);
    expect(formatMark(mark)).toBe('0xe00e0fa0');
    expect((mark & FLOW_PORT_MASK) >>> 0).toBe(portMark(14));
    expect((mark & FLOW_NI_MASK) >>> 0).toBe(flowMark(0, 4000));
  });
});

describe('isPortTable', () => {
  it.each([
    [SUBNET_TABLE, false],
    [portTable(0), true],
    [portTable(MAX_PORT_NUMBER), true],
    [599, true],
    [600, false],
    [254, false],
  ])('of %i is %s', (table, want) => {
    expect(isPortTable(table)).toBe(want);
  });
});
