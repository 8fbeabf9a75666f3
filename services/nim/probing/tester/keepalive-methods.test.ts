import { describe, expect, it } from '@jest/globals';

import { parseTarget, type ProbeTarget } from '../../../../lib/configuration/index.js';
import { SET_ASIDE_FIRST_MS, SET_ASIDE_MOST_MS } from '../../../../lib/decision/schedule/index.js';
import {
  answeredEcho,
  echoToTry,
  initialKeepaliveState,
  keepaliveMethod,
  learnFromEcho,
  learnFromFull,
  learnFromOutage,
  type EchoKind,
  type KeepaliveState,
} from './keepalive-methods.js';

function targetOf(text: string): ProbeTarget {
  const parsed = parseTarget(text);
  if (parsed.kind === 'invalid') throw new Error(parsed.problem);
  return parsed.target;
}

const https = targetOf('https://controller.example/');
const tcp443 = { kind: 'tcp', port: 443 } as const;
const emptyEcho = { kind: 'icmp', dataBytes: 0 } as const;
const filledEcho = { kind: 'icmp', dataBytes: 56 } as const;

const STEP_MS = 300;
const echoes: Readonly<Record<string, EchoKind>> = { i: 'empty', u: 'filled', x: 'empty' };

/**
 * One after the other, 0.3 s apart: `I`/`i` an empty echo with and without an answer, `U`/`u` one with data, `x` one
 * that cannot be sent, `F` a full test that is answered; `D` the path is known to be dead; `-` a minute.
 */
function after(attempts: string): { readonly state: KeepaliveState; readonly nowMs: number } {
  let [state, nowMs] = [initialKeepaliveState, 0];
  for (const letter of attempts) {
    nowMs += letter === '-' ? 60_000 : STEP_MS;
    const kind = echoes[letter.toLowerCase()];
    if (letter === 'F') state = learnFromFull(state, '192.0.2.1', nowMs);
    else if (letter === 'D') state = learnFromOutage(state);
    else if (kind !== undefined) {
      const answered = letter === letter.toUpperCase();
      const result = letter === 'x' ? 'impossible' : answered ? 'answered' : 'unanswered';
      state = learnFromEcho(state, { kind, result, startedMs: nowMs - STEP_MS, endedMs: nowMs });
    }
  }
  return { state, nowMs };
}

describe('keepaliveMethod', () => {
  it.each([
    { attempts: 'F', calm: emptyEcho },
    { attempts: 'FIII', calm: emptyEcho },
    { attempts: 'Fi', calm: emptyEcho },
    // Twice the target answers in full, and no echo meanwhile: it is not the path.
    { attempts: 'FiFiF', calm: filledEcho },
    { attempts: 'FiiF', calm: emptyEcho },
    { attempts: 'FiFiFuFuF', calm: tcp443 },
    { attempts: 'FiFiFU', calm: filledEcho },
    { attempts: 'FiuU', calm: emptyEcho },
    { attempts: 'FiUiU', calm: filledEcho },
    { attempts: 'FiiU', calm: emptyEcho },
    // A dead path: nothing is answered, so nothing is believed of the host.
    { attempts: 'Fiuiuiuiu', calm: emptyEcho },
    // What went unanswered a minute before says nothing of now.
    { attempts: 'Fii-F', calm: emptyEcho },
    // What went unanswered before the path was dead was lost with it; what had been set aside stays so.
    { attempts: 'FiDFiDFiF', calm: emptyEcho },
    { attempts: 'FiFiFD', calm: filledEcho },
    { attempts: 'FiFI', calm: emptyEcho },
    { attempts: 'FiFIiF', calm: emptyEcho },
    { attempts: 'FxU', calm: filledEcho },
  ])('after $attempts goes by $calm', ({ attempts, calm }) => {
    expect(keepaliveMethod(after(attempts).state, https, false)).toEqual(calm);
  });

  it.each([
    { what: 'all kinds', attempts: 'F', want: [tcp443, emptyEcho, tcp443, filledEcho] },
    { what: 'those that are answered', attempts: 'FiFiF', want: [tcp443, filledEcho, tcp443, filledEcho] },
    { what: 'connections where no echo is', attempts: 'FiFiFuFuF', want: [tcp443, tcp443, tcp443, tcp443] },
  ])('where suspect takes turns between $what', ({ attempts, want }) => {
    const { state } = after(attempts);
    const byTurns = want.map((_, turn) => keepaliveMethod({ ...state, turn }, https, true));
    expect(byTurns).toEqual(want);
  });

  it('has only echoes for a target that is one, and tries both kinds', () => {
    const icmp = targetOf('icmp://192.0.2.1');
    const { state } = after('');
    expect([0, 1].map((turn) => keepaliveMethod({ ...state, turn }, icmp, true))).toEqual([emptyEcho, filledEcho]);
    expect(keepaliveMethod(after('iUiU').state, icmp, false)).toEqual(filledEcho);
  });
});

describe('an echo that is set aside', () => {
  const { state, nowMs } = after('FiFiF');

  const outcomeAt = (startedMs: number) => ({ kind: 'empty', startedMs, endedMs: startedMs + STEP_MS }) as const;

  it('is tried again after a minute, then ever more seldom, until it is answered', () => {
    let [known, atMs] = [state, nowMs];
    const waitsMs: number[] = [];
    for (let time = 0; time < 8; time += 1) {
      expect(answeredEcho(known)).toBe('filled');
      const dueMs = known.echoes.empty.triedAgainAtMs ?? 0;
      expect(echoToTry(known, dueMs - 1)).toBeUndefined();
      expect(echoToTry(known, dueMs)).toBe('empty');
      waitsMs.push(dueMs - atMs);
      known = learnFromEcho(known, { ...outcomeAt(dueMs), result: 'unanswered' });
      atMs = dueMs + STEP_MS;
    }
    expect(waitsMs).toEqual([...waitsMs].sort((a, b) => a - b));
    expect([waitsMs[0], waitsMs.at(-1)]).toEqual([SET_ASIDE_FIRST_MS, SET_ASIDE_MOST_MS]);
    expect(answeredEcho(learnFromEcho(known, { ...outcomeAt(atMs), result: 'answered' }))).toBe('empty');
  });
});
