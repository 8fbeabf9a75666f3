import { describe, expect, it } from '@jest/globals';

import type { Claim } from './claim.js';
import { boundFrom, violationsOf, type ClaimAt, type Observation, type Try } from './law.js';

const eth0: Claim = { kind: 'verified', port: 'eth0' };
const wwan0: Claim = { kind: 'verified', port: 'wwan0' };
const reached: Claim = { kind: 'reached', port: 'eth0' };
const doubt: Claim = { kind: 'unverified', why: 'eth0 is suspect' };
const at = (...claims: readonly (readonly [number, Claim])[]): readonly ClaimAt[] =>
  claims.map(([atMs, claim]) => ({ atMs, claim }));

describe('the law', () => {
  it.each([
    ['nothing said', at(), undefined],
    ['not verified now', at([0, eth0], [1, doubt]), undefined],
    [
      'verified all the time',
      at([0, eth0], [250, eth0], [500, eth0]),
      { kind: 'verified', port: 'eth0', fromMs: 10_000 },
    ],
    ['doubted meanwhile', at([0, eth0], [250, doubt], [500, eth0]), { kind: 'verified', port: 'eth0', fromMs: 10_500 }],
    ['reached all the time', at([0, reached], [250, reached]), { kind: 'reached', port: 'eth0', fromMs: 10_000 }],
    ['verified meanwhile', at([0, eth0], [250, reached]), { kind: 'reached', port: 'eth0', fromMs: 10_250 }],
    ['moved meanwhile', at([0, eth0], [250, wwan0], [500, wwan0]), { kind: 'verified', port: 'wwan0', fromMs: 10_250 }],
  ])('holds from 10 s of the same on: %s', (_what, claims, expected) => {
    expect(boundFrom(claims, [])).toEqual(expected);
  });

  it('gives time to notice each change', () => {
    const changes = [
      { atMs: 3_000, allowanceMs: 30_000 },
      { atMs: 5_000, allowanceMs: 10_000 },
    ];
    expect(boundFrom(at([0, eth0]), changes)).toEqual({ kind: 'verified', port: 'eth0', fromMs: 43_000 });
    expect(boundFrom(at([40_000, eth0]), changes)).toEqual({ kind: 'verified', port: 'eth0', fromMs: 50_000 });
  });

  const answered = (kind: Try['kind'], source = '192.0.2.10'): Try => ({ kind, begunMs: 0, outcome: { source } });
  const failed = (kind: Try['kind'], error: string): Try => ({ kind, begunMs: 0, outcome: { error } });
  const well: Observation = {
    port: 'eth0',
    promisesAWayOut: true,
    publicAddress: '192.0.2.10',
    tries: [answered('tcp'), failed('tcp', 'no answer'), answered('udp'), answered('large')],
    elsewhere: new Map([
      ['eth0', 9],
      ['wwan0', 0],
    ]),
  };

  it.each<[what: string, observation: Observation, expected: readonly string[]]>([
    ['one success of each kind', well, []],
    [
      'no TCP connection',
      { ...well, tries: [failed('tcp', 'no answer'), failed('tcp', 'ECONNRESET'), answered('udp'), answered('large')] },
      ['none of 2 tries of a new TCP connection succeeded: no answer, ECONNRESET'],
    ],
    ['no way out where none is promised', { ...well, promisesAWayOut: false, tries: [failed('tcp', 'no answer')] }, []],
    [
      'an answer over another port where no way out is promised',
      { ...well, promisesAWayOut: false, tries: [answered('udp', '100.64.0.30')] },
      ['a UDP exchange came from 100.64.0.30, and eth0 is 192.0.2.10'],
    ],
    [
      'nothing tried',
      { ...well, tries: [answered('tcp'), answered('udp')] },
      ['none of 0 tries of a 1,400-byte packet succeeded: '],
    ],
    [
      'an answer over another port',
      { ...well, tries: [...well.tries, answered('udp', '100.64.0.30')] },
      ['a UDP exchange came from 100.64.0.30, and eth0 is 192.0.2.10'],
    ],
    [
      'packets by another port',
      {
        ...well,
        elsewhere: new Map([
          ['eth0', 9],
          ['sat0', 2],
        ]),
      },
      ['2 packets of the app left by sat0'],
    ],
  ])('judges %s', (_what, observation, expected) => {
    expect(violationsOf(observation)).toEqual(expected);
  });
});
