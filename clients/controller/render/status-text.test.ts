import { describe, expect, it } from '@jest/globals';
import { NetworkInstanceTestStatus, NoPortReason } from '../../../gen/nim/v1/network_instance_test_status.js';
import { ApplyState, NetworkInstanceStatus } from '../../../gen/zedrouter/v1/network_router.js';
import { sampleNowMs, sampleView } from '../testing/sample-view.js';
import { emptyView, type StatusView } from '../status/view.js';
import { statusText } from './status-text.js';

const [sampleSelection] = sampleView().selections;

const cases: readonly (readonly [string, StatusView, string])[] = [
  ['nothing at all', emptyView, 'No ports\n\nNo network instances'],
  [
    'ports by priority, and what is applied',
    sampleView(),
    `
PORT       INTERFACE  PRIORITY  LINK        ADDRESSES        GATEWAYS      TEST      LAST ERROR
ethernet0  eth0       0         no carrier  -                -             untested  carrier lost
wwan0      wwan0      1         up          198.51.100.7/24  198.51.100.1  working   -

NETWORK INSTANCE  PORT IN USE  STATE    STANDBY  SELECTED  SINCE  WHY
ni1               wwan0        applied  sat0     wwan0     5 s    link lost: ethernet0 has no carrier`,
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
        }),
      ],
    },
    `
No ports

NETWORK INSTANCE  PORT IN USE       STATE    STANDBY  SELECTED                                        SINCE  WHY
ni0               ethernet0 (eth0)  pending  -        wwan0 (unverified)                              5 s    link lost: ethernet0 has no carrier
ni1               none              error    -        none: policy forbids every port with its label  -      -

ni1: bridge bn1: File exists`,
  ],
];

describe('statusText', () => {
  it.each(cases)('shows %s', (_what, view, expected) => {
    expect(statusText(view, sampleNowMs)).toBe(expected.replace(/^\n/, ''));
  });
});
