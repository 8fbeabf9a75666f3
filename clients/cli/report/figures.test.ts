import { describe, expect, it } from '@jest/globals';

import { PortTariff } from '../../../gen/config/devmodel.js';
import { AvailabilityPeriod, Outage } from '../../../gen/nim/v1/availability.js';
import { SelectionCause } from '../../../gen/nim/v1/network_instance_test_status.js';
import { UsagePeriod } from '../../../gen/zedrouter/v1/usage.js';
import { durationOf, timestampOf } from '../../../lib/configuration/index.js';
import { billBeganMs, costOf } from './cost.js';
import { reportFigures, type ReportSources } from './figures.js';
import { reportCsv } from './report-csv.js';
import { reportText } from './report-text.js';

const HOUR_MS = 3_600_000;
const BEGAN = Date.UTC(2026, 10, 1);
const tariff = (more: Partial<PortTariff> = {}): PortTariff =>
  PortTariff.fromPartial({ pricePerGb: 10, currency: 'EUR', includedBytes: 1_000_000_000n, billingDay: 15, ...more });
const traffic = (bytes: number) => ({ bytes: BigInt(bytes), packets: BigInt(bytes / 1_000) });

/** A ship with two network instances, of which one lost its cable for half an hour of two hours. */
function sources(): ReportSources {
  const hours = [0, 1].map((hour) => timestampOf(BEGAN + hour * HOUR_MS));
  const half = durationOf(HOUR_MS / 2);
  const whole = durationOf(HOUR_MS);
  const instance = { networkInstanceId: 'id-1', displayName: 'default' };
  return {
    sinceMs: BEGAN,
    untilMs: BEGAN + 2 * HOUR_MS,
    availability: [
      AvailabilityPeriod.fromPartial({
        begin: hours[0],
        length: whole,
        ports: [
          { logicalLabel: 'eth0', working: half, unusable: half, testBytes: 40_000n },
          { logicalLabel: 'sat0', untested: whole },
        ],
        networkInstances: [
          {
            ...instance,
            online: durationOf(HOUR_MS - 1_000),
            failing: durationOf(1_000),
            ports: [
              { logicalLabel: 'eth0', priority: 0, selected: half },
              { logicalLabel: 'sat0', priority: 2, selected: half },
            ],
            causes: [{ cause: SelectionCause.SELECTION_CAUSE_LINK_LOST, count: 1 }],
          },
        ],
      }),
      AvailabilityPeriod.fromPartial({
        begin: hours[1],
        length: whole,
        ports: [{ logicalLabel: 'eth0', working: whole, testBytes: 2_000n }],
        networkInstances: [
          {
            ...instance,
            online: whole,
            ports: [{ logicalLabel: 'eth0', priority: 0, selected: whole }],
            causes: [
              { cause: SelectionCause.SELECTION_CAUSE_BETTER_PORT, count: 2 },
              { cause: SelectionCause.SELECTION_CAUSE_LINK_LOST, count: 1 },
            ],
          },
          { networkInstanceId: 'id-2', displayName: 'business', withoutPort: whole },
        ],
      }),
    ],
    outages: [
      Outage.fromPartial({
        subject: { $case: 'port', value: 'eth0' },
        // Began before the report.
        begin: timestampOf(BEGAN - HOUR_MS),
        end: timestampOf(BEGAN + HOUR_MS / 2),
        detection: durationOf(412),
      }),
      Outage.fromPartial({
        subject: { $case: 'networkInstance', value: 'id-1' },
        begin: timestampOf(BEGAN),
        end: timestampOf(BEGAN + 1_000),
        detection: durationOf(3_200),
      }),
      Outage.fromPartial({ subject: { $case: 'networkInstance', value: 'id-2' }, begin: timestampOf(BEGAN + HOUR_MS) }),
    ],
    usage: [
      UsagePeriod.fromPartial({
        // In the bill's month, and before the report.
        begin: timestampOf(BEGAN - 24 * HOUR_MS),
        ports: [{ logicalLabel: 'sat0', up: traffic(100_000_000), down: traffic(400_000_000) }],
        apps: [{ port: 'sat0', networkInstanceId: 'id-1', appId: 'a1', appName: 'app1', up: traffic(1_000) }],
      }),
      UsagePeriod.fromPartial({
        begin: hours[0],
        ports: [
          { logicalLabel: 'eth0', up: traffic(12_000_000), down: traffic(3_456_000_000) },
          { logicalLabel: 'sat0', up: traffic(200_000_000), down: traffic(800_000_000) },
        ],
        apps: [
          {
            ...{
              port: 'sat0',
              networkInstanceId: 'id-1',
              networkInstanceName: 'default',
              appId: 'a1',
              appName: 'app1',
            },
            ...{ up: traffic(100_000_000), down: traffic(400_000_000) },
          },
          {
            ...{
              port: 'eth0',
              networkInstanceId: 'id-1',
              networkInstanceName: 'default',
              appId: 'a1',
              appName: 'app1',
            },
            ...{ up: traffic(11_000_000), down: traffic(3_400_000_000) },
          },
        ],
      }),
      UsagePeriod.fromPartial({
        begin: hours[1],
        ports: [{ logicalLabel: 'eth0', up: traffic(1_000), down: traffic(1_000) }],
        apps: [
          {
            ...{
              port: 'eth0',
              networkInstanceId: 'id-1',
              networkInstanceName: 'default',
              appId: 'a2',
              appName: '=cmd',
            },
            ...{ up: traffic(1_000), down: traffic(1_000) },
          },
        ],
      }),
    ],
    tariffs: new Map([['sat0', tariff()]]),
  };
}

const SCREEN = `
2026-11-01 00:00 to 2026-11-01 02:00 (UTC), 2 h

NETWORK INSTANCE  ONLINE   OUTAGES  LONGEST  FOUND IN
business          0 %      1        1 h      -
default           99.99 %  1        1 s      3 s

NETWORK INSTANCE  TIME ON PRIORITY  MOVES
business          -                 0
default           0: 75 %, 2: 25 %  4: 2 link lost, 2 better port works

PORT  WORKED  OUTAGES  LONGEST  FOUND IN  UP      DOWN     TESTS  COST
eth0  75 %    1        30 min   412 ms    12 MB   3.46 GB  42 kB  -
sat0  100 %   0        -        -         200 MB  800 MB   0 B    5.00 EUR

NETWORK INSTANCE  APP   PORT  UP      DOWN    COST
default           app1  eth0  11 MB   3.4 GB  -
default           app1  sat0  100 MB  400 MB  2.50 EUR
default           =cmd  eth0  1 kB    1 kB    -`;

describe('billBeganMs', () => {
  it.each([
    [15, '2026-11-15T00:00:00Z', '2026-11-15'],
    [15, '2026-11-14T23:59:59Z', '2026-10-15'],
    [0, '2026-11-14T00:00:00Z', '2026-11-01'],
    [28, '2026-01-05T00:00:00Z', '2025-12-28'],
    [28, '2024-02-29T00:00:00Z', '2024-02-28'],
  ])('with billing day %d: %s is in the month from %s on', (billingDay, at, began) => {
    expect(new Date(billBeganMs({ billingDay }, Date.parse(at))).toISOString().slice(0, 10)).toBe(began);
  });
});

describe('costOf', () => {
  const day = (text: string, gb: number) => ({ beginMs: Date.parse(text), bytes: gb * 1e9 });
  it.each([
    { what: 'nothing within what is included', carried: [day('2026-11-16', 1)], since: '2026-11-01', cost: 0 },
    { what: 'what is beyond', carried: [day('2026-11-16', 3)], since: '2026-11-01', cost: 20 },
    {
      what: 'what is included once in each month of the bill',
      carried: [day('2026-11-14', 2), day('2026-11-16', 2)],
      since: '2026-11-01',
      cost: 20,
    },
    {
      what: 'less of what was used up before the report',
      carried: [day('2026-11-16', 0.75), day('2026-11-20', 1)],
      since: '2026-11-20',
      cost: 7.5,
    },
    { what: 'nothing of what was before', carried: [day('2026-11-16', 9)], since: '2026-11-20', cost: 0 },
  ])('counts $what', ({ carried, since, cost }) => {
    expect(costOf(tariff(), carried, Date.parse(since))).toBeCloseTo(cost, 9);
  });
});

describe('a report', () => {
  it('has all of the time, outages within it, and the cost of what was carried in it', () => {
    const { ports, networkInstances, traffic: rows } = reportFigures(sources());
    expect(ports).toMatchObject([
      { port: 'eth0', availability: 0.75, outages: 1, longestMs: HOUR_MS / 2, testBytes: 42_000, cost: undefined },
      // 0.5 GB of what is included had been used.
      { port: 'sat0', availability: 1, upBytes: 200_000_000, cost: { amount: 5, currency: 'EUR' } },
    ]);
    expect(networkInstances).toMatchObject([
      { name: 'business', availability: 0, longestMs: HOUR_MS, moves: [] },
      { name: 'default', priorities: [{ priority: 0, share: 0.75 }, { priority: 2 }] },
    ]);
    // Half of the port's bytes, half of its cost.
    expect(rows.find(({ port }) => port === 'sat0')).toMatchObject({ app: 'app1', cost: { amount: 2.5 } });
  });

  it('is empty where nothing is known', () => {
    const none = { ...sources(), availability: [], outages: [], usage: [] };
    expect(reportText(reportFigures(none))).toBe(
      '2026-11-01 00:00 to 2026-11-01 02:00 (UTC), 2 h\n\nNo network instances\n\nNo ports',
    );
  });

  it('says of what is not known that it is not', () => {
    const { ports } = reportFigures({ ...sources(), availability: [] });
    expect(ports.map(({ availability }) => availability)).toEqual([undefined, undefined]);
  });

  // Every column fits where a terminal is 80 columns wide.
  it.each([undefined, 120, 80])('reads like this on a terminal of %s columns', (width) => {
    expect(`\n${reportText(reportFigures(sources()), { width })}`).toBe(SCREEN);
  });

  it('makes a table for spreadsheets, in which no name is a formula', () => {
    const lines = reportCsv(reportFigures(sources())).split('\r\n');
    expect(lines[0]?.split(',').slice(0, 4)).toEqual(['kind', 'network_instance', 'app', 'port']);
    expect(new Set(lines.slice(0, -1).map((line) => line.split(',').length))).toEqual(new Set([20]));
    expect(lines).toContainEqual(expect.stringMatching(/^traffic,default,'=cmd,eth0,/));
    expect(lines).toContain('moves,default,,,,,,,,,,,,,,,,,link lost,2');
  });
});
