import { describe, expect, it } from '@jest/globals';
import { listenAddress } from './listen-address.js';

describe('listenAddress', () => {
  it.each([
    ['0.0.0.0:50051', { host: '0.0.0.0', port: 50_051 }],
    ['device.example:1', { host: 'device.example', port: 1 }],
    ['[2001:db8::1]:443', { host: '2001:db8::1', port: 443 }],
  ])('reads %s', (text, expected) => {
    expect(listenAddress(text)).toEqual(expected);
  });

  it.each(['', 'host', ':443', 'host:', 'host:65536', 'host:x', '2001:db8::1:443', 'host:1 '])('refuses %j', (text) => {
    expect(() => listenAddress(text)).toThrow('It is HOST:PORT');
  });
});
