import { describe, expect, it } from '@jest/globals';

import { portMapStatuses } from './port-map-status.js';
import { INPUTS, MODEL, NI_BUSINESS, NI_DEFAULT, PORTS, selection, WEB } from '../testing/ship.js';

const reportWith = (armed: readonly string[]) => ({
  ids: INPUTS.ids,
  inputs: {
    config: { version: 1n, model: MODEL },
    ports: { epoch: 'e', revision: 1n, facts: PORTS },
    selections: { epoch: 'e', revision: 1n, portsRevision: 1n, selections: new Map([[NI_DEFAULT, selection(armed)]]) },
  },
});

describe('portMapStatuses', () => {
  it.each<{ armed: readonly string[]; openOn: readonly string[]; what: string }>([
    { what: 'open on the port in use', armed: ['eth0', 'wwan0'], openOn: ['eth0', 'eth0'] },
    { what: 'closed where the adapter label is not of that port', armed: ['wwan0'], openOn: ['wwan0', ''] },
    { what: 'closed without a port', armed: [], openOn: ['', ''] },
  ])('are $what', ({ armed, openOn }) => {
    const statuses = portMapStatuses(reportWith(armed), [NI_BUSINESS, NI_DEFAULT]);
    expect(statuses.map((status) => status.openOn)).toEqual(openOn);
    expect(statuses[0]).toMatchObject({
      networkInstanceId: NI_DEFAULT,
      appId: WEB.id,
      protocol: 'tcp',
      externalPort: 8080,
      appAddress: '10.77.0.2',
      appPort: 80,
    });
  });

  it('are those of the network instances that were asked for', () => {
    expect(portMapStatuses(reportWith(['eth0']), [NI_BUSINESS, 'unknown'])).toEqual([]);
  });
});
