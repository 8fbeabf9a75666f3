import { describe, expect, it } from '@jest/globals';
import { PortTestState, TestFailureKind } from '../../gen/evecommon/uplink.js';
import {
  NetworkInstanceTestStatus,
  NoPortReason,
  SelectionProof,
} from '../../gen/nim/v1/network_instance_test_status.js';
import { PortLinkState, PortStatus, TestBudgetState } from '../../gen/nim/v1/port_status.js';
import { ApplyState, NetworkInstanceStatus } from '../../gen/zedrouter/v1/network_router.js';
import { SAMPLE_NOW_MS, sampleView } from '../testing/sample-view.js';
import { emptyView, type StatusView } from '../status-view/view.js';
import { statusText, type StatusTextOptions } from './status-text.js';

const [sampleSelection] = sampleView().selections;

const cases: readonly (readonly [string, StatusView, string, StatusTextOptions?])[] = [
  ['nothing at all', emptyView, 'No network instances\n\nNo ports'],
  [
    'a verdict, what is applied, and ports by priority',
    sampleView(),
    `
1 of 1 network instance online, on a costlier port than the best

NETWORK INSTANCE  PORT   STATE    FOR  THEN  APPS  WHY
ni1               wwan0  applied  5 s  sat0  app1  link lost: ethernet0 has no carrier

PORT              PRIO  STATE       ANSWERED    RTT    LOSS  TEST BYTES           ADDRESS          GATEWAY
ethernet0 (eth0)  0     no carrier  2 h 2 min   -      -     -                    -                -
wwan0             1     suspect     1 min 30 s  64 ms  13 %  1.23 of 5 MB, tight  198.51.100.7/24  198.51.100.1

wwan0: https://controller.example/api/v2/edgedevice/ping: no answer within 812 ms`,
  ],
  [
    'the same on a terminal of 80 columns',
    sampleView(),
    `
1 of 1 network instance online, on a costlier port than the best

NETWORK INSTANCE  PORT   STATE    FOR  THEN  APPS  WHY
ni1               wwan0  applied  5 s  sat0  app1  link lost: ethernet0 has no …

PORT              PRIO  STATE       ANSWERED    RTT    LOSS  TEST BYTES
ethernet0 (eth0)  0     no carrier  2 h 2 min   -      -     -
wwan0             1     suspect     1 min 30 s  64 ms  13 %  1.23 of 5 MB, tight

wwan0: https://controller.example/api/v2/edgedevice/ping: no answer within 812 ms`,
    { width: 80 },
  ],
  [
    'the same with its tests',
    { ...sampleView(), selections: [], applied: [] },
    `
No network instances

PORT              PRIO  STATE       ANSWERED    RTT    LOSS  TEST BYTES           ADDRESS          GATEWAY
ethernet0 (eth0)  0     no carrier  2 h 2 min   -      -     -                    -                -
wwan0             1     suspect     1 min 30 s  64 ms  13 %  1.23 of 5 MB, tight  198.51.100.7/24  198.51.100.1

PORT       TESTED BY                           TEST              ANSWERED    FAILED  LATENCY  LAST ERROR
ethernet0  link and address                    untested          2 h 2 min   5 s     -        no carrier
wwan0      https://controller.example/api/v2…  working, suspect  1 min 30 s  2 s     64 ms    no answer

wwan0: https://controller.example/api/v2/edgedevice/ping: no answer within 812 ms`,
    { tests: true },
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
0 of 2 network instances online, 2 unknown

NETWORK INSTANCE  PORT               STATE  FOR  THEN  APPS  WHY
ni1               ?, wwan0 selected  ?      5 s  -     -     link lost: ethernet0 has no carrier
ni2               ?, wwan0 selected  ?      5 s  -     -     link lost: ethernet0 has no carrier

No ports

ni1: waits 12 s more before it moves to the costlier sat0
ni2: waits 1 min 30 s more before it gives its port up`,
  ],
  [
    'zedrouter not answering',
    { ...sampleView(), ports: [], applied: [], troubles: ['zedrouter is not running'] },
    `
0 of 1 network instance online, 1 unknown

NETWORK INSTANCE  PORT               STATE  FOR  THEN  APPS  WHY
ni1               ?, wwan0 selected  ?      5 s  -     -     link lost: ethernet0 has no carrier

zedrouter is not running`,
  ],
  [
    'a port of which no more than an accepted connection is known',
    {
      ...sampleView(),
      ports: [],
      selections: [
        NetworkInstanceTestStatus.fromPartial({
          ...sampleSelection,
          verified: false,
          proof: SelectionProof.SELECTION_PROOF_CONNECTION,
        }),
      ],
    },
    `
1 of 1 network instance online

NETWORK INSTANCE  PORT   STATE                      FOR  THEN  APPS  WHY
ni1               wwan0  applied, TCP connect only  5 s  sat0  app1  link lost: ethernet0 has no carrier

No ports

ni1: wwan0 is reached by TCP connect only: connections are accepted, which anyone on the way can do; an https:// target would prove more`,
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
1 of 2 network instances online

NETWORK INSTANCE  PORT                              STATE                FOR  THEN  APPS  WHY
ni0               ethernet0 (eth0), wwan0 selected  pending, unverified  5 s  -     -     link lost: ethernet0 has no carrier
ni1               none                              error                -    -     -     policy forbids every port with its label

No ports

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
    const lines = statusText({ ...emptyView, ports: [wide] }, SAMPLE_NOW_MS, { tests: true, width: 120 }).split('\n');
    const rows = lines.filter((line) => /^(PORT|starboard-lte) /.test(line));
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(120);
  });

  it('marks what is well and what is not, and nothing where nobody asks for it', () => {
    const paint = (text: string, kind: string): string => `<${kind}>${text}</>`;
    expect(statusText(sampleView(), SAMPLE_NOW_MS, { paint })).toMatch(/<good>applied<\/>[^]*<bad>no carrier<\/>/);
    expect(statusText(sampleView(), SAMPLE_NOW_MS)).not.toContain('<');
  });

  it.each(cases)('shows %s', (_what, view, expected, options = {}) => {
    expect(statusText(view, SAMPLE_NOW_MS, options)).toBe(expected.replace(/^\n/, ''));
  });
});
