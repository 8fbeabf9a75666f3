import { describe, expect, it } from '@jest/globals';

import { NetworkInstanceTestStatus, SelectionProof } from '../../gen/nim/v1/network_instance_test_status.js';
import { ApplyState, NetworkInstanceStatus, ObstacleKind } from '../../gen/zedrouter/v1/network_router.js';
import { claimOf, claimText } from './claim.js';

const selection = NetworkInstanceTestStatus.fromPartial({
  selectedPort: { logicalLabel: 'eth0', interface: 'eth0' },
  verified: true,
  candidates: [{ logicalLabel: 'eth0' }, { logicalLabel: 'wwan0', inDoubt: true }],
});
const byConnection = { ...selection, verified: false, proof: SelectionProof.SELECTION_PROOF_CONNECTION };
const suspect = NetworkInstanceTestStatus.fromPartial({
  ...selection,
  candidates: [{ logicalLabel: 'eth0', inDoubt: true }],
});
const routed = NetworkInstanceStatus.fromPartial({
  state: ApplyState.APPLY_STATE_APPLIED,
  interfaceInUse: 'eth0',
  verified: true,
  settled: true,
});

describe('what the services claim', () => {
  it.each([
    ['eth0 verified', selection, routed],
    ['nim says nothing', undefined, routed],
    ['zedrouter says nothing', selection, undefined],
    ['no port', { ...selection, selectedPort: undefined }, routed],
    ['eth0 is not known to work', { ...selection, verified: false }, routed],
    ['eth0 reached', byConnection, routed],
    ['eth0 is suspect', { ...byConnection, candidates: suspect.candidates }, routed],
    ['eth0 is suspect', suspect, routed],
    ['eth0 is not applied', selection, { ...routed, state: ApplyState.APPLY_STATE_PENDING }],
    ['the table is gone', selection, { ...routed, errors: ['the table is gone'] }],
    [
      'chain inet somebody forward drops what apps send',
      selection,
      NetworkInstanceStatus.fromPartial({
        ...routed,
        obstacles: [
          {
            kind: ObstacleKind.OBSTACLE_KIND_FORWARD_DROPPED,
            subject: 'chain inet somebody forward',
            detail: 'drops what apps send',
          },
        ],
      }),
    ],
    ['the kernel has not been read', selection, { ...routed, verified: false }],
    ['nim says eth0, and zedrouter wwan0', selection, { ...routed, interfaceInUse: 'wwan0' }],
  ])('%s', (text, nim, zedrouter) => {
    expect(claimText(claimOf(nim, zedrouter))).toBe(text);
  });
});
