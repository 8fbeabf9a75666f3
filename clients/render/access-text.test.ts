import { describe, expect, it } from '@jest/globals';

import { AccessExplanation } from '../../gen/zedrouter/v1/network_router.js';
import { accessLines } from './access-text.js';

describe('what an access list says', () => {
  it('names app, flow, verdict and what was denied', () => {
    const explanation = AccessExplanation.fromPartial({
      ...{ appName: 'web', interface: 'eth0', address: '10.77.0.2', detail: 'dropped by entry 7 (tcp)' },
      denied: [
        { packets: 1n },
        { entryId: 7, place: 2, packets: 12n },
        { place: 3, packets: 2n },
        { entryId: 9, packets: 3n },
      ],
    });
    expect(accessLines(explanation, '198.51.100.20 tcp port 443')).toEqual([
      'From web eth0 (10.77.0.2) to 198.51.100.20 tcp port 443: dropped by entry 7 (tcp)',
      'Denied by this list within a week: 1 packet that no entry allowed, 12 packets by entry 7, ' +
        '2 packets by the entry at place 3, 3 packets by a former entry',
    ]);
  });

  it('says where a flow arrives', () => {
    const explanation = AccessExplanation.fromPartial({
      ...{ appName: 'web', interface: 'eth0', address: '10.77.0.2', ingress: true, detail: 'allowed by entry 1' },
    });
    expect(accessLines(explanation, 'x')).toEqual(['Arriving at web eth0 (10.77.0.2): allowed by entry 1']);
  });
});
