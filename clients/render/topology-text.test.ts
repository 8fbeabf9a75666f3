import { expect, it } from '@jest/globals';
import { NetworkInstanceTestStatus, NoPortReason } from '../../gen/nim/v1/network_instance_test_status.js';
import { NetworkInstanceStatus } from '../../gen/zedrouter/v1/network_router.js';
import { emptyView } from '../status-view/view.js';
import { sampleView } from '../testing/sample-view.js';
import { topologyText } from './topology-text.js';

it('shows the way from the internet to each app, and what has none', () => {
  const sample = sampleView();
  const view = {
    ...sample,
    selections: [
      ...sample.selections,
      NetworkInstanceTestStatus.fromPartial({
        networkInstanceId: 'id-2',
        displayName: 'ni2',
        noPortReason: NoPortReason.NO_PORT_REASON_NONE_PERMITTED,
      }),
    ],
    applied: [
      ...sample.applied.map((status) =>
        NetworkInstanceStatus.fromPartial({
          ...status,
          bridge: 'bn1',
          bridgeAddress: '10.1.0.1/24',
          appInterfaces: [
            { appName: 'app1', address: '10.1.0.2' },
            { appId: 'id-of-app2', address: '' },
          ],
        }),
      ),
      NetworkInstanceStatus.fromPartial({
        networkInstanceId: 'id-2',
        displayName: 'ni2',
        appInterfaces: [{ appName: 'a\u001b[31m', address: '10.2.0.2' }],
      }),
    ],
    troubles: ['zedagent is not running'],
  };
  expect(topologyText(view)).toBe(
    `
internet
├─ ethernet0 (eth0): no carrier, priority 0
└─ wwan0: suspect, priority 1, 198.51.100.7/24, via 198.51.100.1
   └─ ni1: bn1 10.1.0.1/24, then sat0
      ├─ app1 10.1.0.2
      └─ id-of-app2
no port
└─ ni2: policy forbids every port with its label
   └─ a\ufffd[31m 10.2.0.2
zedagent is not running`.trimStart(),
  );
});

it('shows nothing where there is nothing', () => {
  expect(topologyText(emptyView)).toBe('');
});
