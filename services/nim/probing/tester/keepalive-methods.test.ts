import { describe, expect, it } from '@jest/globals';

import { parseTarget, type ProbeTarget } from '../../../../lib/configuration/index.js';
import { learnFromFull, learnFromKeepalive, initialKeepaliveState, keepaliveMethod } from './keepalive-methods.js';

function targetOf(text: string): ProbeTarget {
  const parsed = parseTarget(text);
  if (parsed.kind === 'invalid') throw new Error(parsed.problem);
  return parsed.target;
}

const https = targetOf('https://controller.example/');
const tcp443 = { kind: 'tcp', port: 443 } as const;
const icmp = { kind: 'icmp' } as const;

/**
 * Keepalive probes one after the other: `I`/`i` an echo with and without an answer, `x` one that cannot be sent,
 * `T`/`t` a connection, `F` a full test.
 */
function after(keepalives: string) {
  return keepalives.split('').reduce((known, letter) => {
    if (letter === 'F') return learnFromFull(known, '192.0.2.1');
    const fate = letter === 'x' ? 'impossible' : letter === letter.toUpperCase() ? 'answered' : 'unanswered';
    return learnFromKeepalive(known, letter.toLowerCase() === 't' ? tcp443 : icmp, fate);
  }, initialKeepaliveState);
}

describe('pulseMethod', () => {
  it.each([
    { keepalives: 'F', calm: icmp },
    { keepalives: 'FIII', calm: icmp },
    { keepalives: 'Fi', calm: icmp },
    { keepalives: 'FiiT', calm: tcp443 },
    { keepalives: 'FiT', calm: icmp },
    // A dead path: nothing is answered, so nothing is believed of the host.
    { keepalives: 'Fitititit', calm: icmp },
    { keepalives: 'FiiTI', calm: icmp },
    { keepalives: 'FiiTF', calm: icmp },
    { keepalives: 'Fx', calm: tcp443 },
  ])('after $keepalives goes by $calm.kind', ({ keepalives, calm }) => {
    expect(keepaliveMethod(after(keepalives), https, false)).toEqual(calm);
  });

  it('takes turns where suspect', () => {
    const kinds = ['F', 'Fi', 'Fit', 'Fiti'].map((keepalives) => keepaliveMethod(after(keepalives), https, true).kind);
    expect(new Set(kinds)).toEqual(new Set(['icmp', 'tcp']));
    expect(kinds[0]).not.toBe(kinds[1]);
  });

  it('has only echoes for a target that is one', () => {
    expect(keepaliveMethod(after('FiiT'), targetOf('icmp://192.0.2.1'), true)).toEqual(icmp);
  });
});
