import { describe, expect, it } from '@jest/globals';

import { judge, type Asked } from './judge.js';
import type { Headers } from './validator.js';

const fresh: Asked = { offset: 0, validator: undefined, sizeBytes: undefined, maxBytes: undefined, hasChecksum: false };
const resumed: Asked = { ...fresh, offset: 100, validator: { kind: 'etag', value: '"a"' }, sizeBytes: 1_000 };
const part = (range: string, more: Headers = {}): Headers => ({ 'content-range': range, ...more });

describe('judge', () => {
  it('takes a whole file, with its size and strong validator', () => {
    expect(judge(200, { 'content-length': '7', etag: '"a"' }, fresh)).toEqual({
      kind: 'whole',
      sizeBytes: 7,
      validator: { kind: 'etag', value: '"a"' },
      why: undefined,
    });
  });

  it('takes what comes after the part, and nothing else for it', () => {
    expect(judge(206, part('bytes 100-999/1000', { etag: '"a"', 'content-length': '900' }), resumed)).toEqual({
      kind: 'append',
      skipBytes: 0,
      takeBytes: 900,
      sizeBytes: 1_000,
      validator: resumed.validator,
    });
    expect(judge(206, part('bytes 100-499/1000'), resumed)).toMatchObject({ kind: 'append', takeBytes: 400 });
    expect(judge(206, part('bytes 100-999/*'), resumed)).toMatchObject({ kind: 'append', sizeBytes: 1_000 });
  });

  it.each<[what: string, headers: Headers, skipBytes: number, takeBytes: number]>([
    ['from the beginning', part('bytes 0-999/1000', { 'content-length': '1000' }), 100, 900],
    ['from a block', part('bytes 64-999/1000', { etag: '"a"' }), 36, 900],
    ['of one new byte', part('bytes 0-100/1000'), 100, 1],
  ])('goes on from its offset in a part that begins earlier, %s', (_what, headers, skipBytes, takeBytes) => {
    expect(judge(206, headers, resumed)).toMatchObject({ kind: 'append', skipBytes, takeBytes, sizeBytes: 1_000 });
  });

  it('takes a 200 with the range of the whole file for the whole file, of the size that the range says', () => {
    const headers = { 'content-range': 'bytes 0-999/1000', etag: '"a"' };
    for (const asked of [fresh, resumed]) {
      for (const more of [{ 'content-length': '1000' }, { 'transfer-encoding': 'chunked' }, {}]) {
        expect(judge(200, { ...headers, ...more }, asked)).toMatchObject({ kind: 'whole', sizeBytes: 1_000 });
      }
    }
  });

  it('expects the size that the file had of a 200 that says it is the same, and nothing of a fresh one', () => {
    const chunked = { 'transfer-encoding': 'chunked', etag: '"a"' };
    expect(judge(200, chunked, resumed)).toMatchObject({ kind: 'whole', sizeBytes: 1_000 });
    expect(judge(200, { ...chunked, etag: '"b"' }, resumed)).toMatchObject({ kind: 'whole', sizeBytes: undefined });
    expect(judge(200, chunked, { ...resumed, offset: 0 })).toMatchObject({ kind: 'whole', sizeBytes: undefined });
  });

  it.each<[what: string, status: number, headers: Headers, asked: Asked, kind: string, words: string]>([
    [
      'the whole file where a part was asked for',
      200,
      { 'content-length': '1000', etag: '"a"' },
      resumed,
      'whole',
      'sends the whole file again',
    ],
    [
      'another file where a part was asked for',
      200,
      { 'content-length': '1000', etag: '"b"' },
      resumed,
      'whole',
      'has changed',
    ],
    ['a part of another file', 206, part('bytes 100-999/1000', { etag: '"b"' }), resumed, 'ask-anew', 'has changed'],
    [
      'a part of a file of another size',
      206,
      part('bytes 100-1999/2000'),
      resumed,
      'ask-anew',
      '2000 bytes now, and had 1000',
    ],
    ['nothing more, of a shorter file', 416, { 'content-range': 'bytes */50' }, resumed, 'ask-anew', 'shorter'],
    [
      'a part from elsewhere',
      206,
      part('bytes 101-999/1000'),
      resumed,
      'ask-whole',
      'bytes 101 to 999, and was asked for those from 100 on',
    ],
    ['a part that brings nothing new', 206, part('bytes 0-99/1000'), resumed, 'ask-whole', 'bytes 0 to 99'],
    [
      'a slice that says 200',
      200,
      { 'content-range': 'bytes 100-999/1000', 'content-length': '900', etag: '"a"' },
      resumed,
      'ask-whole',
      'a range of it (bytes 100-999/1000)',
    ],
    [
      'a slice that says 200, of unknown length, without validators',
      200,
      { 'content-range': 'bytes 100-999/1000', 'transfer-encoding': 'chunked' },
      { ...resumed, validator: undefined, sizeBytes: undefined, hasChecksum: true },
      'ask-whole',
      'a range of it',
    ],
    [
      'a slice that says 200 and another length',
      200,
      { 'content-range': 'bytes 0-999/1000', 'content-length': '900' },
      resumed,
      'ask-whole',
      'a range of it',
    ],
    [
      'a slice that says 200 and no size of the file',
      200,
      { 'content-range': 'bytes 0-999/*', 'content-length': '1000' },
      resumed,
      'ask-whole',
      'a range of it',
    ],
    [
      'a 200 with a range that nobody can read',
      200,
      { 'content-range': 'bytes=100-', 'content-length': '900' },
      resumed,
      'ask-whole',
      'bytes=100-',
    ],
    [
      'a slice that nobody asked for',
      200,
      { 'content-range': 'bytes 0-99/1000', 'content-length': '100' },
      fresh,
      'refused',
      'a range of it',
    ],
    [
      'a slice that does not say so, of a file that has not changed',
      200,
      { 'content-length': '900', etag: '"a"' },
      resumed,
      'ask-whole',
      '900 bytes, of a file of 1000',
    ],
    ['a part that ends before it begins', 206, part('bytes 100-99/1000'), resumed, 'ask-whole', 'bytes 100 to 99'],
    ['a part beyond the end', 206, part('bytes 100-1000/1000'), resumed, 'ask-whole', 'bytes 100 to 1000'],
    ['a part without a range', 206, {}, resumed, 'ask-whole', 'without saying which'],
    ['a part in many', 206, { 'content-type': 'multipart/byteranges' }, resumed, 'ask-whole', 'without saying which'],
    ['a part that nobody asked for', 206, part('bytes 0-9/10'), fresh, 'refused', 'nobody asked'],
    [
      'a part with a lie about its length',
      206,
      part('bytes 100-999/1000', { 'content-length': '5' }),
      resumed,
      'ask-whole',
      'announces 5 bytes for the 900',
    ],
    ['a packed file', 200, { 'content-length': '7', 'content-encoding': 'gzip' }, fresh, 'refused', 'packed (gzip)'],
    ['a packed part', 206, part('bytes 100-999/1000', { 'content-encoding': 'br' }), resumed, 'refused', 'packed (br)'],
    ['a file without an end', 200, {}, fresh, 'wrong', "give the file's sha256"],
    [
      'a file that is too long',
      200,
      { 'content-length': '11' },
      { ...fresh, maxBytes: 10 },
      'wrong',
      '11 bytes, and at most 10',
    ],
    [
      'a part of a file that is too long',
      206,
      part('bytes 100-999/1000'),
      { ...resumed, maxBytes: 500 },
      'wrong',
      'at most 500',
    ],
    ['no access', 403, {}, fresh, 'refused', '403 (access denied)'],
    ['no file', 404, {}, fresh, 'refused', '404 (no such file)'],
    ['a redirect to nowhere', 302, {}, fresh, 'refused', '302'],
    ['a captive portal', 511, {}, fresh, 'refused', 'captive portal'],
  ])('%s', (_what, status, headers, asked, kind, words) => {
    const judgement = judge(status, headers, asked);
    expect([judgement.kind, 'why' in judgement ? judgement.why : '']).toEqual([kind, expect.stringContaining(words)]);
  });

  it('takes a file without an end where a checksum will tell', () => {
    expect(judge(200, {}, { ...fresh, hasChecksum: true })).toMatchObject({ kind: 'whole', sizeBytes: undefined });
    expect(judge(200, { 'transfer-encoding': 'chunked' }, fresh)).toMatchObject({
      kind: 'whole',
      sizeBytes: undefined,
    });
  });

  it('knows that a part of unknown size is the file when nothing comes after it', () => {
    const asked = { ...resumed, sizeBytes: undefined };
    expect(judge(416, { 'content-range': 'bytes */100' }, asked)).toEqual({ kind: 'complete' });
    expect(judge(416, {}, asked)).toMatchObject({ kind: 'ask-anew' });
  });

  it('is patient with a busy source, for as long as it asks', () => {
    expect(judge(503, { 'retry-after': '7' }, fresh)).toMatchObject({ kind: 'busy', retryAfterMs: 7_000 });
    expect(judge(500, { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' }, fresh)).toMatchObject({
      retryAfterMs: undefined,
    });
  });

  it('sees a redirect', () => {
    expect(judge(307, { location: '/there' }, fresh)).toEqual({ kind: 'redirect', location: '/there' });
  });
});
