import { PortTestState, TestFailureKind } from '../../gen/evecommon/uplink.js';
import { NetworkInstanceTestStatus, SelectionCause } from '../../gen/nim/v1/network_instance_test_status.js';
import { PortLinkState, PortStatus, TestBudgetState } from '../../gen/nim/v1/port_status.js';
import { ApplyState, NetworkInstanceStatus } from '../../gen/zedrouter/v1/network_router.js';
import type { StatusView } from '../status-view/view.js';

/** The time at which the sample was taken: 2026-03-01 12:00 UTC. */
export const SAMPLE_NOW_MS = 1_772_366_400_000;

function before(seconds: number) {
  return { seconds: BigInt(SAMPLE_NOW_MS / 1_000 - seconds), nanos: 0 };
}

/** A ship whose cable was pulled five seconds ago: for tests. */
export function sampleView(): StatusView {
  return {
    ports: [
      PortStatus.fromPartial({
        logicalLabel: 'wwan0',
        interface: 'wwan0',
        linkState: PortLinkState.PORT_LINK_STATE_UP,
        addresses: [{ address: '198.51.100.7', prefixLength: 24 }],
        gateways: ['198.51.100.1'],
        priority: 1,
        testState: PortTestState.PORT_TEST_STATE_WORKING,
        targets: [
          {
            target: 'https://controller.example/api/v2/edgedevice/ping',
            testState: PortTestState.PORT_TEST_STATE_WORKING,
            inDoubt: true,
            lastSucceeded: before(90),
            lastFailed: before(2),
            lastFailure: TestFailureKind.TEST_FAILURE_KIND_TIMEOUT,
            lastError: 'no answer within 812 ms',
            latency: { seconds: 0n, nanos: 64_200_000 },
            attempts: 8,
            answers: 7,
          },
        ],
        testBudget: {
          monthlyBytes: 5_000_000n,
          spentBytes: 1_234_567n,
          state: TestBudgetState.TEST_BUDGET_STATE_TIGHT,
        },
      }),
      PortStatus.fromPartial({
        logicalLabel: 'ethernet0',
        interface: 'eth0',
        linkState: PortLinkState.PORT_LINK_STATE_NO_CARRIER,
        priority: 0,
        testState: PortTestState.PORT_TEST_STATE_UNTESTED,
        lastSucceeded: before(7_320),
        lastFailed: before(5),
        lastError: 'no carrier',
      }),
    ],
    selections: [
      NetworkInstanceTestStatus.fromPartial({
        networkInstanceId: 'id-1',
        displayName: 'ni1',
        selectedPort: { logicalLabel: 'wwan0', interface: 'wwan0', priority: 1 },
        verified: true,
        selectedSince: before(5),
        cause: SelectionCause.SELECTION_CAUSE_LINK_LOST,
        causeDetail: 'ethernet0 has no carrier',
      }),
    ],
    applied: [
      NetworkInstanceStatus.fromPartial({
        networkInstanceId: 'id-1',
        displayName: 'ni1',
        state: ApplyState.APPLY_STATE_APPLIED,
        interfaceInUse: 'wwan0',
        armedPorts: ['wwan0', 'sat0'],
        appInterfaces: [{ appName: 'app1' }],
      }),
    ],
    troubles: [],
  };
}
