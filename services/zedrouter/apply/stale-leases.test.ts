import { describe, expect, it } from '@jest/globals';

import { withoutStaleLeases } from './stale-leases.js';

const lease = (macAddress: string, address: string): string =>
  `1796000000 ${macAddress} ${address} web 01:${macAddress}`;
const host = (macAddress: string, address: string): string => `${macAddress},${address},web`;

const ONE = '02:00:00:00:00:01';
const TWO = '02:00:00:00:00:02';

describe('leases that keep an app from its address', () => {
  it.each<{ what: string; leases: readonly string[]; hosts: readonly string[]; left: readonly string[] }>([
    {
      what: 'none where each address is still its own',
      leases: [lease(ONE, '10.77.0.10'), lease(TWO, '10.77.0.11')],
      hosts: [host(ONE, '10.77.0.10'), host(TWO, '10.77.0.11')],
      left: [lease(ONE, '10.77.0.10'), lease(TWO, '10.77.0.11')],
    },
    {
      what: 'that of the app which had the address before',
      leases: [lease(ONE, '10.77.0.10')],
      hosts: [host(TWO, '10.77.0.10')],
      left: [],
    },
    {
      what: 'both, where two apps have exchanged their addresses',
      leases: [lease(ONE, '10.77.0.10'), lease(TWO, '10.77.0.11')],
      hosts: [host(TWO, '10.77.0.10'), host(ONE, '10.77.0.11')],
      left: [],
    },
    {
      what: 'not that of an app that is gone, and not the line of the server itself',
      leases: ['duid 00:01:00:01', lease(ONE, '10.77.0.10')],
      hosts: [host(TWO, '10.77.0.11')],
      left: ['duid 00:01:00:01', lease(ONE, '10.77.0.10')],
    },
    {
      what: 'none where only the case of letters differs',
      leases: [lease('02:00:00:00:00:ab', '10.77.0.10')],
      hosts: [host('02:00:00:00:00:AB', '10.77.0.10')],
      left: [lease('02:00:00:00:00:ab', '10.77.0.10')],
    },
  ])('are $what', ({ leases, hosts, left }) => {
    const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
    expect(withoutStaleLeases(text(leases), text(hosts))).toBe(text(left));
  });
});
