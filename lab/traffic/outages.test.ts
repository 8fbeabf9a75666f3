import { describe, expect, it } from '@jest/globals';

import { findLosses } from './outages.js';
import { PacketBook } from './packet-book.js';

/** A packet a millisecond; `.` answered, `x` not. */
function bookOf(pattern: string): PacketBook {
  const book = new PacketBook();
  for (const [sentMs, mark] of pattern.split('').entries()) {
    const sequence = book.send(sentMs);
    if (mark === '.') book.answer(sequence, '192.0.2.10');
  }
  return book;
}

const cases = [
  { what: 'nothing sent', pattern: '', expected: { sent: 0, lost: 0, outages: [] } },
  { what: 'nothing lost', pattern: '.....', expected: { sent: 5, lost: 0, outages: [] } },
  {
    what: 'one outage, measured between the answered packets around it',
    pattern: '..xxx..',
    expected: {
      sent: 7,
      lost: 3,
      outages: [{ lastAnsweredMs: 1, nextAnsweredMs: 5, lostPackets: 3, durationMs: 4, atLeastMs: 2 }],
    },
  },
  {
    what: 'two outages',
    pattern: '.x..xx.....',
    expected: {
      lost: 3,
      longestOutageMs: 3,
      outages: [
        { lastAnsweredMs: 0, nextAnsweredMs: 2, lostPackets: 1, durationMs: 2, atLeastMs: 0 },
        { lastAnsweredMs: 3, nextAnsweredMs: 6, lostPackets: 2, durationMs: 3, atLeastMs: 1 },
      ],
    },
  },
  {
    what: 'an outage that lasts, up to the youngest packet that should have been answered',
    pattern: '..xxxxx',
    expected: {
      sent: 5,
      lost: 3,
      outages: [{ lastAnsweredMs: 1, nextAnsweredMs: undefined, lostPackets: 3, durationMs: 3, atLeastMs: 2 }],
    },
  },
  {
    what: 'an outage from the beginning',
    pattern: 'xx.....',
    expected: { outages: [{ lastAnsweredMs: 0, nextAnsweredMs: 2, lostPackets: 2, durationMs: 2, atLeastMs: 1 }] },
  },
] as const;

describe('findLosses', () => {
  it.each(cases)('$what', ({ pattern, expected }) => {
    const nowMs = pattern.length;
    expect(findLosses(bookOf(pattern), { sinceMs: 0, untilMs: nowMs, nowMs, graceMs: 3 })).toMatchObject(expected);
  });

  it('looks at a window only, and at the end of an outage that began in it', () => {
    const book = bookOf('.x...xx...x.');
    expect(findLosses(book, { sinceMs: 3, untilMs: 5, nowMs: 100, graceMs: 3 })).toMatchObject({
      sent: 3,
      lost: 1,
      outages: [{ lastAnsweredMs: 4, nextAnsweredMs: 7, durationMs: 3 }],
    });
  });

  it('does not take a pause of the sender for an outage', () => {
    const book = new PacketBook();
    for (const sentMs of [0, 1, 500, 501]) book.answer(book.send(sentMs), '192.0.2.10');
    expect(findLosses(book, { sinceMs: 0, untilMs: 600, nowMs: 600, graceMs: 3 }).outages).toEqual([]);
  });
});

describe('PacketBook', () => {
  it('grows, and keeps what it knew', () => {
    const book = new PacketBook();
    const count = 100_000;
    for (let index = 0; index < count; index += 1) book.answer(book.send(index), `10.0.0.${index % 3}`);
    expect(book.count).toBe(count);
    expect([book.sentMs(7), book.source(7), book.source(count - 1)]).toEqual([7, '10.0.0.1', '10.0.0.0']);
  });

  it('takes an answer once, and none to a packet that was never sent', () => {
    const book = new PacketBook();
    const sequence = book.send(0);
    expect([book.answer(sequence, 'a'), book.answer(sequence, 'a'), book.answer(sequence + 1, 'a')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
