import { PortTestState } from '../../../gen/evecommon/uplink.js';
import { NetworkInstanceTestStatus, SelectionCause } from '../../../gen/nim/v1/network_instance_test_status.js';
import { PortLinkState, PortStatus } from '../../../gen/nim/v1/port_status.js';
import { ApplyState, NetworkInstanceStatus } from '../../../gen/zedrouter/v1/network_router.js';
import type { StatusView } from '../status/view.js';

/** The time at which the sample was taken: 2026-03-01 12:00 UTC. */
export const sampleNowMs = 1_772_366_400_000;

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
      }),
      PortStatus.fromPartial({
        logicalLabel: 'ethernet0',
        interface: 'eth0',
        linkState: PortLinkState.PORT_LINK_STATE_NO_CARRIER,
        priority: 0,
        testState: PortTestState.PORT_TEST_STATE_UNTESTED,
        lastError: 'carrier lost',
      }),
    ],
    selections: [
      NetworkInstanceTestStatus.fromPartial({
        networkInstanceId: 'id-1',
        displayName: 'ni1',
        selectedPort: { logicalLabel: 'wwan0', interface: 'wwan0', priority: 1 },
        verified: true,
        selectedSince: { seconds: BigInt(sampleNowMs / 1_000 - 5), nanos: 0 },
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
      }),
    ],
    troubles: [],
  };
}
