import { describe, expect, it } from '@jest/globals';

import { echoesNeeded, failuresNeeded, isLossy, withRecent, type Loss } from './loss.js';

const nothing: Loss = { answered: 0, lost: 0 };

/** Attempts one after the other: `.` answered, `x` lost. */
function recentOf(attempts: string): Loss {
  return Array.from(attempts).reduce((recent, each) => withRecent(recent, each === '.'), nothing);
}

describe('failuresNeeded', () => {
  it.each([
    { what: 'a line that has lost nothing', path: { answered: 60, lost: 0 }, recent: '.'.repeat(12), most: 3 },
    { what: 'a line of which nothing is known', path: nothing, recent: '', most: 3 },
  ])('asks for no more than the usual three of $what', ({ path, recent, most }) => {
    expect(failuresNeeded(path, nothing, recentOf(recent))).toBeLessThanOrEqual(most);
  });

  it.each([
    { what: 'a line that loses every third', path: { answered: 60, lost: 30 }, recent: '..x'.repeat(4) },
    { what: 'a line that has become bad just now', path: { answered: 200, lost: 0 }, recent: '............x..x..x' },
  ])('asks for many more of $what', ({ path, recent }) => {
    expect(failuresNeeded(path, nothing, recentOf(recent))).toBeGreaterThan(5);
  });

  it('believes what was seen of full tests themselves', () => {
    const path = { answered: 60, lost: 10 };
    const few = failuresNeeded(path, { answered: 100, lost: 1 }, nothing);
    expect(few).toBeLessThan(failuresNeeded(path, { answered: 100, lost: 40 }, nothing));
  });
});

describe('echoesNeeded', () => {
  it.each([
    { what: 'a line that has lost nothing', path: { answered: 200, lost: 0 }, needed: 2 },
    { what: 'a line of which nothing is known', path: nothing, needed: 10 },
    { what: 'a line that loses every third', path: { answered: 60, lost: 30 }, needed: 7 },
    { what: 'a line that loses nearly all', path: { answered: 1, lost: 300 }, needed: 12 },
  ])('$what: $needed', ({ path, needed }) => {
    expect(echoesNeeded(path)).toBe(needed);
  });
});

describe('isLossy', () => {
  it.each([
    ['', false],
    ['............', false],
    ['x', true],
    ['x'.padEnd(60, '.'), false],
    ['....x.', true],
  ])('of %j is %s', (attempts, want) => {
    expect(isLossy(recentOf(attempts))).toBe(want);
  });
});
