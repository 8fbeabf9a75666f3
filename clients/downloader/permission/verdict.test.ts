import { describe, expect, it } from '@jest/globals';

import { PortCandidate } from '../../../gen/nim/v1/network_instance_test_status.js';
import { AuthorizedPort, type PortAuthorizations } from '../../../gen/nim/v1/port_authorization.js';
import { whyNone, whyStop, type Circumstances } from './verdict.js';

const eth0 = {
  ...AuthorizedPort.fromPartial({ logicalLabel: 'eth0', interface: 'eth0', rank: 1, group: 1 }),
  sourceAddresses: ['192.0.2.10'],
};
const granted = { ...eth0, grantId: 'ab12', grantedUntilBoottime: { seconds: 100n, nanos: 500_000_000 } };

function authorizations(ports: readonly AuthorizedPort[], denied: readonly PortCandidate[] = []): PortAuthorizations {
  return { ports: [...ports], denied: [...denied], policyVersion: 1n, configVersion: 1n };
}

function candidate(logicalLabel: string, eligible: boolean, detail: string): PortCandidate {
  return { ...PortCandidate.fromPartial({ logicalLabel, eligible }), reasons: [{ code: 0, detail }] };
}

const well: Circumstances = {
  port: eth0,
  authorizations: authorizations([eth0]),
  boottimeMs: 50_000,
  unconfirmedMs: 0,
  graceMs: 10_000,
};

describe('whyStop', () => {
  it('lets a permitted transfer go on, also while NIM has said nothing for a while', () => {
    expect(whyStop(well)).toBeUndefined();
    expect(whyStop({ ...well, unconfirmedMs: 10_000 })).toBeUndefined();
    expect(whyStop({ ...well, authorizations: undefined })).toBeUndefined();
  });

  it.each<[what: string, change: Partial<Circumstances>, kind: string, words: string]>([
    [
      'a port that policy forbids',
      { authorizations: authorizations([], [candidate('eth0', false, 'priority 0 is not permitted')]) },
      'forbidden',
      'priority 0 is not permitted',
    ],
    ['a port that is gone', { authorizations: authorizations([]) }, 'forbidden', 'no such port'],
    [
      'a port without link',
      { authorizations: authorizations([], [candidate('eth0', true, 'no carrier')]) },
      'port-lost',
      'no carrier',
    ],
    [
      'a port on another interface',
      { authorizations: authorizations([{ ...eth0, interface: 'eth9' }]) },
      'port-lost',
      'eth9',
    ],
    [
      'a port with another address',
      { authorizations: authorizations([{ ...eth0, sourceAddresses: ['192.0.2.11'] }]) },
      'port-lost',
      'another address',
    ],
    ['nobody to confirm it', { unconfirmedMs: 10_001 }, 'unconfirmed', '10 s'],
    [
      'a grant that has ended',
      { port: granted, authorizations: authorizations([granted]), boottimeMs: 100_500 },
      'grant-ended',
      'ab12',
    ],
    [
      'a grant that has ended while NIM is away',
      { port: granted, authorizations: undefined, boottimeMs: 100_500 },
      'grant-ended',
      'ab12',
    ],
  ])('stops for %s', (_what, change, kind, words) => {
    const reason = whyStop({ ...well, ...change });
    expect([reason?.kind, reason?.detail]).toEqual([kind, expect.stringContaining(words)]);
  });

  it('goes by the newest word on a grant', () => {
    const prolonged = { ...granted, grantedUntilBoottime: { seconds: 200n, nanos: 0 } };
    const change = { port: granted, boottimeMs: 150_000 };
    expect(whyStop({ ...well, ...change, authorizations: authorizations([prolonged]) })).toBeUndefined();
    expect(whyStop({ ...well, ...change, authorizations: authorizations([eth0]) })).toBeUndefined();
  });
});

describe('whyNone', () => {
  it('tells policy from a missing link', () => {
    const forbidden = candidate('eth0', false, 'priority 0 is not permitted');
    const dead = candidate('wwan0', true, 'no carrier');
    expect(whyNone(authorizations([], [forbidden]))).toEqual({
      isDenied: true,
      detail: 'eth0: priority 0 is not permitted',
    });
    expect(whyNone(authorizations([], [forbidden, dead]))).toEqual({
      isDenied: false,
      detail: 'eth0: priority 0 is not permitted, wwan0: no carrier',
    });
    expect(whyNone(authorizations([]))).toEqual({ isDenied: true, detail: 'the device has no ports' });
  });
});
