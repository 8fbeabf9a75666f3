import { describe, expect, it } from '@jest/globals';

import { contradicts, validatorOf, type Headers } from './validator.js';

const MODIFIED = 'Sun, 01 Mar 2026 12:00:00 GMT';

describe('validatorOf', () => {
  it.each<[what: string, headers: Headers, value: string | undefined]>([
    ['a strong ETag', { etag: '"a-1"' }, '"a-1"'],
    ['no weak ETag', { etag: 'W/"a-1"' }, undefined],
    ['no ETag that is none', { etag: 'a"\r\nx: y' }, undefined],
    ['a date that is old enough', { 'last-modified': MODIFIED, date: 'Sun, 01 Mar 2026 12:01:00 GMT' }, MODIFIED],
    ['no date of this minute', { 'last-modified': MODIFIED, date: 'Sun, 01 Mar 2026 12:00:30 GMT' }, undefined],
    ['no date without a clock beside it', { 'last-modified': MODIFIED }, undefined],
    [
      'a date where the ETag is weak',
      { etag: 'W/"a"', 'last-modified': MODIFIED, date: 'Mon, 02 Mar 2026 12:00:00 GMT' },
      MODIFIED,
    ],
    ['nothing', {}, undefined],
  ])('takes %s', (_what, headers, value) => {
    expect(validatorOf(headers)?.value).toBe(value);
  });

  it('is contradicted by another value, and not by none', () => {
    const validator = { kind: 'etag', value: '"a"' } as const;
    expect([{ etag: '"b"' }, { etag: '"a"' }, {}].map((headers) => contradicts(headers, validator))).toEqual([
      true,
      false,
      false,
    ]);
  });
});
