import { describe, expect, it } from '@jest/globals';

import { readText } from './read-text.js';

function failingWith(code: string): () => string {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

describe('a small file', () => {
  it('is its text', () => {
    expect(readText('/proc/self/comm')).toMatch(/\n$/);
  });

  it.each(['ENOENT', 'ESRCH', 'EISDIR', 'EACCES'])('is none where reading answers %s', (code) => {
    expect(readText('/x', failingWith(code))).toBeUndefined();
  });

  it.each(['EMFILE', 'ENFILE', 'ENOMEM'])('may be there where reading answers %s', (code) => {
    expect(() => readText('/x', failingWith(code))).toThrow(code);
  });
});
