import { describe, expect, it } from '@jest/globals';

import { parseTarget, type ProbeTarget } from '../../../../lib/configuration/index.js';
import { learnFromFull, learnFromPulse, noPulseKnowledge, pulseMethod } from './pulse-methods.js';

function targetOf(text: string): ProbeTarget {
  const parsed = parseTarget(text);
  if (parsed.kind === 'invalid') throw new Error(parsed.problem);
  return parsed.target;
}

const https = targetOf('https://controller.example/');
const tcp443 = { kind: 'tcp', port: 443 } as const;
const icmp = { kind: 'icmp' } as const;

/** Pulses one after the other: `I`/`i` an echo with and without an answer, `x` one that cannot be sent, `T`/`t` a connection, `F` a full test. */
function after(pulses: string) {
  return pulses.split('').reduce((known, letter) => {
    if (letter === 'F') return learnFromFull(known, '192.0.2.1');
    const fate = letter === 'x' ? 'impossible' : letter === letter.toUpperCase() ? 'answered' : 'unanswered';
    return learnFromPulse(known, letter.toLowerCase() === 't' ? tcp443 : icmp, fate);
  }, noPulseKnowledge);
}

describe('pulseMethod', () => {
  it.each([
    { pulses: 'F', calm: icmp },
    { pulses: 'FIII', calm: icmp },
    { pulses: 'Fi', calm: icmp },
    { pulses: 'FiiT', calm: tcp443 },
    { pulses: 'FiT', calm: icmp },
    // A dead path: nothing is answered, so nothing is believed of the host.
    { pulses: 'Fitititit', calm: icmp },
    { pulses: 'FiiTI', calm: icmp },
    { pulses: 'FiiTF', calm: icmp },
    { pulses: 'Fx', calm: tcp443 },
  ])('after $pulses goes by $calm.kind', ({ pulses, calm }) => {
    expect(pulseMethod(after(pulses), https, false)).toEqual(calm);
  });

  it('takes turns in doubt', () => {
    const kinds = ['F', 'Fi', 'Fit', 'Fiti'].map((pulses) => pulseMethod(after(pulses), https, true).kind);
    expect(new Set(kinds)).toEqual(new Set(['icmp', 'tcp']));
    expect(kinds[0]).not.toBe(kinds[1]);
  });

  it('has only echoes for a target that is one', () => {
    expect(pulseMethod(after('FiiT'), targetOf('icmp://192.0.2.1'), true)).toEqual(icmp);
  });
});
