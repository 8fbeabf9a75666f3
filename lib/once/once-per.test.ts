import { describe, expect, it } from '@jest/globals';

import { lastPer, oncePer, oncePerInSlices, oncePerKey } from './index.js';

interface Value {
  readonly id: number;
}

/** `make` counts how often it was called; its answers tell what they were made of. */
function counted() {
  const calls: unknown[][] = [];
  const make = (...given: [Value, ...unknown[]]): string => {
    calls.push(given);
    return `answer ${calls.length}`;
  };
  return { calls, make };
}

const [one, equal]: [Value, Value] = [{ id: 1 }, { id: 1 }];

it.each<[string, unknown]>([
  ['an object', { n: 1 }],
  ['undefined', undefined],
])('makes %s once for each value', (_what, answer) => {
  let made = 0;
  const make = oncePer<Value, unknown>(() => {
    made += 1;
    return answer;
  });
  expect([make(one), make(one), make(equal)]).toEqual([answer, answer, answer]);
  expect(made).toBe(2);
});

it('makes it once for each value and key, and keeps all of them', () => {
  const { calls, make } = counted();
  const of = oncePerKey((first: number, _second: string) => first, make);
  expect([of(one, 1, 'a'), of(one, 2, 'b'), of(one, 1, 'other'), of(equal, 1, 'c')]).toEqual([
    'answer 1',
    'answer 2',
    'answer 1',
    'answer 3',
  ]);
  expect(calls).toEqual([
    [one, 1, 'a'],
    [one, 2, 'b'],
    [equal, 1, 'c'],
  ]);
});

describe('what was made last', () => {
  it('is kept for each value while the further arguments are identical', () => {
    const { make } = counted();
    const of = lastPer<Value, [object, string], string>(make);
    const [a, b] = [{}, {}];
    expect([of(one, a, 'x'), of(one, a, 'x'), of(one, b, 'x'), of(one, a, 'x'), of(one, a, 'y')]).toEqual([
      'answer 1',
      'answer 1',
      'answer 2',
      'answer 3',
      'answer 4',
    ]);
    expect(of(equal, a, 'y')).toBe('answer 5');
    expect(of(one, a, 'y')).toBe('answer 4');
  });

  it('is kept as often as is asked for, and where `isSame` says so', () => {
    const { make } = counted();
    const of = lastPer<Value, [number], string>(make, {
      isSame: ([before], [now]) => before % 10 === now % 10,
      kept: 2,
    });
    expect([1, 11, 2, 21, 3, 1].map((number) => of(one, number))).toEqual([
      'answer 1',
      'answer 1',
      'answer 2',
      'answer 1',
      'answer 3',
      'answer 4',
    ]);
  });
});

describe('work with pauses', () => {
  const run = <Made>(work: Generator<undefined, Made, undefined>): { readonly pauses: number; readonly made: Made } => {
    for (let pauses = 0; ; pauses += 1) {
      const step = work.next();
      if (step.done === true) return { pauses, made: step.value };
    }
  };

  it('is done once for each value, and its answer is known then', () => {
    const { make } = counted();
    const once = oncePerInSlices(function* (value: Value): Generator<undefined, string, undefined> {
      yield;
      return make(value);
    });
    expect(once.known(one)).toBeUndefined();
    expect(run(once.of(one))).toEqual({ pauses: 1, made: 'answer 1' });
    expect(run(once.of(one))).toEqual({ pauses: 0, made: 'answer 1' });
    expect(once.known(one)).toBe('answer 1');
    expect(once.known(equal)).toBeUndefined();
    once.note(equal, 'noted');
    expect(run(once.of(equal))).toEqual({ pauses: 0, made: 'noted' });
  });
});
