import { describe, expect, it } from '@jest/globals';
import { durationText, sinceText, timeText } from './time.js';

describe('durationText', () => {
  it.each([
    [-5, 'less than 1 s'],
    [0, 'less than 1 s'],
    [999, 'less than 1 s'],
    [1_000, '1 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [185_000, '3 min 5 s'],
    [3_600_000, '1 h'],
    [3_605_000, '1 h'],
    [7_260_000, '2 h 1 min'],
    [90_000_000, '1 d 1 h'],
  ])('%d ms is %s', (durationMs, text) => {
    expect(durationText(durationMs)).toBe(text);
  });
});

describe('sinceText', () => {
  it('counts from the time to now', () => {
    expect(sinceText({ seconds: 100n, nanos: 500_000_000 }, 103_600)).toBe('3 s');
  });

  it('is empty where it never was', () => {
    expect(sinceText(undefined, 103_600)).toBe('');
  });
});

describe('timeText', () => {
  it('is in UTC, with milliseconds', () => {
    expect(timeText({ seconds: 1_772_366_400n, nanos: 250_999_999 })).toBe('2026-03-01 12:00:00.250Z');
  });

  it('marks what is unknown', () => {
    expect(timeText(undefined)).toBe('-');
  });
});
