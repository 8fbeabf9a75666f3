import { describe, expect, it } from '@jest/globals';

import { destinationIn, destinationText } from './destination.js';

describe('a destination', () => {
  it.each([
    ['198.51.100.20:443/tcp', '198.51.100.20 tcp port 443'],
    ['198.51.100.20:53/UDP', '198.51.100.20 udp port 53'],
    ['www.example.com:443', 'www.example.com tcp port 443'],
    ['198.51.100.20', '198.51.100.20 icmp'],
    ['198.51.100.20/47', '198.51.100.20 gre'],
    ['198.51.100.20/tcp', '198.51.100.20 tcp'],
  ])('%s is %s', (text, words) => {
    expect(destinationText(destinationIn(text))).toBe(words);
  });

  it.each(['', ':80', 'a b', '198.51.100.20:65536', '198.51.100.20:80/icmp', '198.51.100.20:80/nonsense', 'a:b', 'a/'])(
    '%j is none',
    (text) => {
      expect(() => destinationIn(text)).toThrow();
    },
  );
});
