import { describe, expect, it } from '@jest/globals';

import { NetworkInstanceStatus, PortMapStatus } from '../../../gen/zedrouter/v1/network_router.js';
import { whereaboutsOf } from './whereabouts.js';

const camera = {
  ...{ appId: '5f0c0001-0000-4000-8000-000000000001', appName: 'camera' },
  ...{ interface: 'eth0', macAddress: '02:16:3e:00:00:0a', address: '10.77.0.2' },
};
const statuses = [
  NetworkInstanceStatus.fromPartial({
    ...{ networkInstanceId: 'id-1', displayName: 'default', bridge: 'bn1', bridgeAddress: '10.77.0.1/24' },
    appInterfaces: [camera],
  }),
  NetworkInstanceStatus.fromPartial({
    ...{ networkInstanceId: 'id-2', displayName: 'business', bridge: 'bn2' },
    appInterfaces: [{ ...camera, interface: 'eth1', macAddress: '', address: '' }],
  }),
];
const portMaps = [
  PortMapStatus.fromPartial({
    ...{ networkInstanceId: 'id-1', appId: camera.appId, protocol: 'tcp', externalPort: 8080 },
    ...{ appAddress: '10.77.0.2', appPort: 80, openOn: 'lte' },
  }),
];

const IS_BRIDGE = 'bn1 (10.77.0.1/24) is the bridge of default.';
const IS_APP = 'camera (eth0, 10.77.0.2, 02:16:3e:00:00:0a) is behind default, on bn1.';
const IS_APP_TOO = 'camera (eth1) is behind business, on bn2.';
const IS_PORT_MAP = 'Port 8080/tcp leads to port 80 of camera (10.77.0.2) behind default; it is open on lte now.';

describe('what a word means', () => {
  it.each([
    ['bn1', ['id-1'], [IS_BRIDGE]],
    ['10.77.0.1', ['id-1'], [IS_BRIDGE]],
    ['bn2', ['id-2'], ['bn2 (no address) is the bridge of business.']],
    ['camera', ['id-1', 'id-2'], [IS_APP, IS_APP_TOO]],
    [camera.appId.toUpperCase(), ['id-1', 'id-2'], [IS_APP, IS_APP_TOO]],
    ['02:16:3E:00:00:0A', ['id-1'], [IS_APP]],
    ['10.77.0.2', ['id-1'], [IS_APP]],
    ['8080/tcp', ['id-1'], [IS_PORT_MAP]],
    ['TCP/8080', ['id-1'], [IS_PORT_MAP]],
  ])('%s', (word, networkInstanceIds, sentences) => {
    expect(whereaboutsOf(word, statuses, portMaps)).toEqual({ networkInstanceIds, sentences });
  });

  it.each(['', 'Camera', '8080', '8080/udp', '10.77.0.3'])('%j means nothing', (word) => {
    expect(whereaboutsOf(word, statuses, portMaps)).toBeUndefined();
  });
});
