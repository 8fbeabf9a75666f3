import { describe, expect, it } from '@jest/globals';
import { PortTestState, TestFailureKind } from '../../gen/evecommon/uplink.js';
import { NetworkInstanceTestStatus, NoPortReason } from '../../gen/nim/v1/network_instance_test_status.js';
import { PortLinkState, PortStatus, TestBudgetState } from '../../gen/nim/v1/port_status.js';
import { ApplyState, NetworkInstanceStatus } from '../../gen/zedrouter/v1/network_router.js';
import { SAMPLE_NOW_MS, sampleView } from '../testing/sample-view.js';
import { emptyView, type StatusView } from '../status-view/view.js';
import { statusText } from './status-text.js';

const [sampleSelection] = sampleView().selections;

const cases: readonly (readonly [string, StatusView, string])[] = [
  ['nothing at all', emptyView, 'No ports\n\nNo network instances'],
  [
    'ports by priority, and what is applied',
    sampleView(),
    `
PORT       INTERFACE  PRIORITY  LINK        ADDRESSES        GATEWAYS      TEST      TEST BYTES
ethernet0  eth0       0         no carrier  -                -             untested  -
wwan0      wwan0      1         up          198.51.100.7/24  198.51.100.1  working   1.23 of 5 MB, tight

PORT       TESTED BY                           TEST              ANSWERED    FAILED  LATENCY  LAST ERROR
ethernet0  link and address                    untested          2 h 2 min   5 s     -        no carrier
wwan0      https://controller.example/api/v2…  working, suspect  1 min 30 s  2 s     64 ms    no answer

NETWORK INSTANCE  PORT IN USE  STATE    STANDBY  SELECTED  SINCE  WHY
ni1               wwan0        applied  sat0     wwan0     5 s    link lost: ethernet0 has no carrier

wwan0: https://controller.example/api/v2/edgedevice/ping: no answer within 812 ms`,
  ],
  [
    'a port that is kept for a while although it does not work',
    {
      ...emptyView,
      selections: [
        NetworkInstanceTestStatus.fromPartial({
          ...sampleSelection,
          failoverWait: { until: { seconds: BigInt(SAMPLE_NOW_MS / 1_000 + 12), nanos: 0 }, toPort: 'sat0' },
        }),
        NetworkInstanceTestStatus.fromPartial({
          ...sampleSelection,
          networkInstanceId: 'id-2',
          displayName: 'ni2',
          failoverWait: { until: { seconds: BigInt(SAMPLE_NOW_MS / 1_000 + 90), nanos: 0 } },
        }),
      ],
    },
    `
No ports

NETWORK INSTANCE  PORT IN USE  STATE  STANDBY  SELECTED  SINCE  WHY
ni1               ?            ?      -        wwan0     5 s    link lost: ethernet0 has no carrier
ni2               ?            ?      -        wwan0     5 s    link lost: ethernet0 has no carrier

ni1: waits 12 s more before it moves to the costlier sat0
ni2: waits 1 min 30 s more before it gives its port up`,
  ],
  [
    'zedrouter not answering',
    { ...sampleView(), ports: [], applied: [], troubles: ['zedrouter is not running'] },
    `
No ports

NETWORK INSTANCE  PORT IN USE  STATE  STANDBY  SELECTED  SINCE  WHY
ni1               ?            ?      -        wwan0     5 s    link lost: ethernet0 has no carrier

zedrouter is not running`,
  ],
  [
    'no port, an error, and an interface that is not named like its port',
    {
      ...emptyView,
      selections: [
        NetworkInstanceTestStatus.fromPartial({
          networkInstanceId: 'id-1',
          displayName: 'ni1',
          noPortReason: NoPortReason.NO_PORT_REASON_NONE_PERMITTED,
        }),
        NetworkInstanceTestStatus.fromPartial({
          ...sampleSelection,
          networkInstanceId: 'id-0',
          displayName: 'ni0',
          verified: false,
        }),
      ],
      applied: [
        NetworkInstanceStatus.fromPartial({
          networkInstanceId: 'id-1',
          displayName: 'ni1',
          state: ApplyState.APPLY_STATE_ERROR,
          errors: ['bridge bn1: File exists'],
        }),
        NetworkInstanceStatus.fromPartial({
          networkInstanceId: 'id-0',
          state: ApplyState.APPLY_STATE_PENDING,
          interfaceInUse: 'eth0',
          armedPorts: ['ethernet0'],
          drainingPorts: [
            { port: 'wwan0', interface: 'wwan0', flows: 12, endsAt: { seconds: BigInt(SAMPLE_NOW_MS / 1_000 + 125) } },
            { port: 'sat0', interface: 'sat0', endsAt: { seconds: BigInt(SAMPLE_NOW_MS / 1_000 + 300) } },
          ],
        }),
      ],
    },
    `
No ports

NETWORK INSTANCE  PORT IN USE       STATE    STANDBY  SELECTED                                        SINCE  WHY
ni0               ethernet0 (eth0)  pending  -        wwan0 (unverified)                              5 s    link lost: ethernet0 has no carrier
ni1               none              error    -        none: policy forbids every port with its label  -      -

ni0: 12 flows still on wwan0, 2 min 5 s left
ni0: flows may still be on sat0, 5 min left

ni1: bridge bn1: File exists`,
  ],
];

/** The longest that a ship has. */
const wide = PortStatus.fromPartial({
  logicalLabel: 'starboard-lte',
  interface: 'wwan0',
  linkState: PortLinkState.PORT_LINK_STATE_ADMIN_DOWN,
  addresses: [{ address: '198.51.100.107', prefixLength: 24 }],
  gateways: ['198.51.100.101'],
  priority: 255,
  testState: PortTestState.PORT_TEST_STATE_FAILING,
  testBudget: { monthlyBytes: 20_000_000n, spentBytes: 19_999_999n, state: TestBudgetState.TEST_BUDGET_STATE_SPENT },
  targets: [
    {
      target: `https://controller.example/${'x'.repeat(200)}`,
      testState: PortTestState.PORT_TEST_STATE_WORKING,
      inDoubt: true,
      lastSucceeded: { seconds: BigInt(SAMPLE_NOW_MS / 1_000 - 86_399), nanos: 0 },
      lastFailed: { seconds: BigInt(SAMPLE_NOW_MS / 1_000 - 3_599), nanos: 0 },
      latency: { seconds: 12n, nanos: 345_000_000 },
      lastFailure: TestFailureKind.TEST_FAILURE_KIND_PORTAL,
      lastError: 'z'.repeat(300),
    },
  ],
});

describe('statusText', () => {
  it('keeps its tables of ports and tests within 120 columns', () => {
    const lines = statusText({ ...emptyView, ports: [wide] }, SAMPLE_NOW_MS).split('\n');
    const rows = lines.filter((line) => /^(PORT|starboard-lte) /.test(line));
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(120);
  });

  it.each(cases)('shows %s', (_what, view, expected) => {
    expect(statusText(view, SAMPLE_NOW_MS)).toBe(expected.replace(/^\n/, ''));
  });
});
