import { describe, expect, it } from '@jest/globals';
import {
  WatchDeviceNetworkStatusResponse,
  WatchNetworkInstanceTestStatusResponse,
} from '../../gen/nim/v1/network_interface_manager.js';
import { PortStatus } from '../../gen/nim/v1/port_status.js';
import { WatchNetworkInstanceStatusResponse } from '../../gen/zedrouter/v1/network_router.js';
import { emptyView, networkInstancesOf, withMessage, type StatusView, type StreamMessage } from './view.js';

const port = (logicalLabel: string, priority = 0) => PortStatus.fromPartial({ logicalLabel, priority });

function portsMessage(content: Partial<WatchDeviceNetworkStatusResponse>): StreamMessage {
  return { kind: 'ports', message: { ...WatchDeviceNetworkStatusResponse.fromPartial({}), ...content } };
}

const present: StatusView = { ...emptyView, ports: [port('eth0'), port('wwan0')] };

const cases: readonly (readonly [string, StreamMessage, StatusView['ports']])[] = [
  ['a snapshot replaces', portsMessage({ snapshot: true, ports: [port('sat0')] }), [port('sat0')]],
  ['a delta adds', portsMessage({ ports: [port('sat0')] }), [port('eth0'), port('wwan0'), port('sat0')]],
  ['a delta changes in place', portsMessage({ ports: [port('eth0', 5)] }), [port('eth0', 5), port('wwan0')]],
  ['a delta removes', portsMessage({ removedPorts: ['eth0'] }), [port('wwan0')]],
  ['an empty delta changes nothing', portsMessage({}), [port('eth0'), port('wwan0')]],
];

describe('withMessage', () => {
  it.each(cases)('%s', (_what, message, expected) => {
    expect(withMessage(present, message)).toEqual({ ...present, ports: expected });
  });

  it('keeps the three streams apart, and joins them by network instance', () => {
    const selections = WatchNetworkInstanceTestStatusResponse.fromPartial({
      snapshot: true,
      statuses: [
        { networkInstanceId: 'id-2', displayName: 'beta' },
        { networkInstanceId: 'id-1', displayName: 'alpha' },
      ],
    });
    const applied = WatchNetworkInstanceStatusResponse.fromPartial({
      snapshot: true,
      statuses: [{ networkInstanceId: 'id-1', displayName: 'alpha' }, { networkInstanceId: 'id-3' }],
    });
    const view = [
      { kind: 'selections', message: selections } as const,
      { kind: 'applied', message: applied } as const,
    ].reduce<StatusView>(withMessage, present);
    expect(view.ports).toBe(present.ports);
    expect(
      networkInstancesOf(view).map(({ name, selection, applied: own }) => [
        name,
        selection !== undefined,
        own !== undefined,
      ]),
    ).toEqual([
      ['alpha', true, true],
      ['beta', true, false],
      ['id-3', false, true],
    ]);
  });
});
