import { describe, expect, it } from '@jest/globals';

import {
  FLOW_INSTANCE_MASK,
  FLOW_NI_MASK,
  FLOW_PORT_MASK,
  flowMark,
  isPortTable,
  MAX_NI_NUMBER,
  MAX_PORT_NUMBER,
  MOST_ROUTE_NUMBERS,
  OURS,
  OURS_MASK,
  portMark,
  portTable,
  rankedPortNumbers,
  rankingMark,
  routeFlowNumber,
  routeNumber,
  routerBits,
  stayingByRouter,
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

  it.each([
    { position: 0, text: '0xe00e1fa0' },
    { position: 13, text: '0xe00eefa0' },
    { position: 14, text: '0xe10e0fa0' },
    { position: MOST_ROUTE_NUMBERS - 1, text: '0xed0effa0' },
  ])('tells the route at $position from others: $text', ({ position, text }) => {
    const number = routeFlowNumber(MAX_NI_NUMBER, routeNumber(position));
    const mark = flowMark(MAX_PORT_NUMBER, number);
    expect(formatMark(mark)).toBe(text);
    expect((mark & FLOW_PORT_MASK) >>> 0).toBe(portMark(MAX_PORT_NUMBER));
    expect((mark & FLOW_NI_MASK) >>> 0).toBe(flowMark(0, number));
    expect((mark & FLOW_INSTANCE_MASK) >>> 0).toBe(flowMark(0, MAX_NI_NUMBER));
  });
});

describe('stayingByRouter', () => {
  it.each([
    { address: 0x0a00_0001, port: 1, mark: '0xef200011', table: 229_100_017 },
    { address: 0xffff_ffff, port: MAX_PORT_NUMBER, mark: '0xef9ffffe', table: 237_488_606 },
  ])('of $address on port $port is $mark, $table', ({ address, port, mark, table }) => {
    const staying = stayingByRouter(port, routerBits(address));
    expect([formatMark(staying.mark), staying.table]).toEqual([mark, table]);
    expect(isPortTable(staying.table)).toBe(true);
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
