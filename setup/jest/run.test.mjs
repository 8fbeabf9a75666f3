import { describe, expect, it } from '@jest/globals';
import { failedTests, filesToRunAgain, isGood, jestSummary, withRunAgain } from './run.mjs';

const file = (name, ...statuses) => ({
  name,
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status, index) => ({ status, fullName: `test ${index + 1}` })),
});
const unloadable = (name) => ({ name, status: 'failed', assertionResults: [] });
const report = (...testResults) => ({ testResults });

describe('the counts of jest', () => {
  it.each([
    ['no report is a failure', undefined, '0 passed, 1 failed, 0 skipped', false],
    ['all passed', report(file('a', 'passed', 'passed')), '2 passed, 0 failed, 0 skipped', true],
    [
      'pending and todo are skipped',
      report(file('a', 'passed', 'pending', 'todo')),
      '1 passed, 0 failed, 2 skipped',
      true,
    ],
    ['one failed', report(file('a', 'passed', 'failed'), file('b', 'passed')), '2 passed, 1 failed, 0 skipped', false],
    [
      'a file that was not loaded',
      report(unloadable('a'), file('b', 'passed')),
      '1 passed, 1 failed, 0 skipped',
      false,
    ],
  ])('%s', (_name, given, summary, good) => {
    expect(jestSummary(given)).toBe(summary);
    expect(isGood(given)).toBe(good);
  });
});

describe('files that are run again', () => {
  it.each([
    ['none where there is no report', undefined, []],
    ['none where none failed', report(file('a', 'passed')), []],
    ['those that failed', report(file('a', 'failed'), file('b', 'passed'), unloadable('c')), ['a', 'c']],
    ['none where too many failed', report(...['a', 'b', 'c', 'd'].map((name) => file(name, 'failed'))), []],
  ])('%s', (_name, given, files) => {
    expect(filesToRunAgain(given)).toEqual(files);
  });

  it('count as in their run alone, and what failed before is named', () => {
    const first = report(file('a', 'passed', 'failed'), unloadable('b'), file('c', 'passed'));
    const again = report(file('a', 'passed', 'passed'), file('b', 'failed'));
    expect(jestSummary(withRunAgain(first, again))).toBe('3 passed, 1 failed, 0 skipped');
    expect(failedTests(first)).toEqual(['a: test 2', 'b']);
  });

  it('stay failed where the second run left no report', () => {
    expect(isGood(withRunAgain(report(file('a', 'failed')), undefined))).toBe(false);
  });
});
