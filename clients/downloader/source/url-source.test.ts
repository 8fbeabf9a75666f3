import { describe, expect, it } from '@jest/globals';

import { urlSource } from './url-source.js';

describe('urlSource', () => {
  it('keeps name and password out of what is shown and asked, and proves with them', () => {
    const source = urlSource('https://me:p%40ss@images.example/a?sig=secret#x', []);
    expect([source.url.href, source.text]).toEqual([
      'https://images.example/a?sig=secret',
      'https://images.example/a?...',
    ]);
    expect(source.credentials()).toEqual({ authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` });
    expect(urlSource('http://images.example/', []).credentials()).toEqual({});
  });

  it.each([
    ['ftp://x/y', 'ftp:// is not supported'],
    ['file:///etc/passwd', 'file:// is not supported'],
    ['images', 'is no URL'],
  ])('does not take %s', (text, words) => {
    expect(() => urlSource(text, [])).toThrow(words);
  });
});
