import { describe, expect, it } from '@jest/globals';

import { NetworkInstanceStatus, TunnelMaker } from '../../gen/zedrouter/v1/network_router.js';
import { SAMPLE_NOW_MS } from '../testing/sample-view.js';
import { timestampOf } from '../../lib/configuration/index.js';
import { tunnelLines } from './tunnel-lines.js';

const peer = { publicKey: 'key', endpoint: 'vpn.example.com:51820', address: '198.51.100.60:51820' };
const tunnel = { interface: 'tn1', maker: TunnelMaker.TUNNEL_MAKER_WIREGUARD_GO, up: true, problem: '', peers: [peer] };
const status = (changes: object, armedPorts = ['eth0', 'wwan0']): NetworkInstanceStatus =>
  NetworkInstanceStatus.fromPartial({ armedPorts, tunnel: { ...tunnel, ...changes } });

describe('tunnelLines', () => {
  it.each<[string, NetworkInstanceStatus, readonly string[]]>([
    ['none', NetworkInstanceStatus.fromPartial({}), []],
    ['one that is not there', status({ up: false }), ['tunnel tn1 is not there: what apps send is rejected']],
    [
      'a peer that answers',
      status({ peers: [{ ...peer, lastHandshake: timestampOf(SAMPLE_NOW_MS - 12_000) }] }),
      [
        'tunnel tn1 leaves by eth0, by wireguard-go: peer vpn.example.com:51820 (198.51.100.60:51820) answered 12 s ago',
      ],
    ],
    [
      'a peer of the kernel that never did, and no port',
      status(
        { maker: TunnelMaker.TUNNEL_MAKER_KERNEL, peers: [{ ...peer, endpoint: '192.0.2.1:1', address: '' }] },
        [],
      ),
      ['tunnel tn1 has no port to leave by, by the kernel: peer 192.0.2.1:1 has never answered'],
    ],
  ])('tell of %s', (_what, given, lines) => {
    expect(tunnelLines(given, SAMPLE_NOW_MS)).toEqual(lines);
  });
});
