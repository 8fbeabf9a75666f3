import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { parseTarget, targetKey, targetOfParts, type ProbeTarget } from './probe-target.js';

const name = (text: string) => ({ kind: 'name', name: text }) as const;
const v4 = (address: string) => ({ kind: 'address', family: 4, address }) as const;
const v6 = (address: string) => ({ kind: 'address', family: 6, address }) as const;

describe('parseTarget', () => {
  it.each<[string, ProbeTarget, string]>([
    ['192.0.2.1', { kind: 'icmp', host: v4('192.0.2.1') }, 'icmp://192.0.2.1'],
    ['Ship.Example.', { kind: 'icmp', host: name('ship.example') }, 'icmp://ship.example'],
    ['2001:DB8:0:0::1', { kind: 'icmp', host: v6('2001:db8::1') }, 'icmp://[2001:db8::1]'],
    ['[2001:db8::1]', { kind: 'icmp', host: v6('2001:db8::1') }, 'icmp://[2001:db8::1]'],
    ['fe80::1', { kind: 'icmp', host: v6('fe80::1') }, 'icmp://[fe80::1]'],
    ['icmp://192.0.2.1', { kind: 'icmp', host: v4('192.0.2.1') }, 'icmp://192.0.2.1'],
    ['ICMP://[2001:db8::1]', { kind: 'icmp', host: v6('2001:db8::1') }, 'icmp://[2001:db8::1]'],
    ['tcp://ship.example:22', { kind: 'tcp', host: name('ship.example'), port: 22 }, 'tcp://ship.example:22'],
    ['tcp://[2001:db8::1]:22', { kind: 'tcp', host: v6('2001:db8::1'), port: 22 }, 'tcp://[2001:db8::1]:22'],
    [
      'https://Ship.Example',
      { kind: 'https', host: name('ship.example'), port: 443, path: '/' },
      'https://ship.example/',
    ],
    [
      'http://ship.example:443/a/../b?c=d',
      { kind: 'http', host: name('ship.example'), port: 443, path: '/b?c=d' },
      'http://ship.example:443/b?c=d',
    ],
    [
      'https://[2001:db8::1]:8443/',
      { kind: 'https', host: v6('2001:db8::1'), port: 8443, path: '/' },
      'https://[2001:db8::1]:8443/',
    ],
    [
      'https://ship.example:443/',
      { kind: 'https', host: name('ship.example'), port: 443, path: '/' },
      'https://ship.example/',
    ],
    [
      'http://schiff.bücher/',
      { kind: 'http', host: name('schiff.xn--bcher-kva'), port: 80, path: '/' },
      'http://schiff.xn--bcher-kva/',
    ],
  ])('reads %s', (text, target, key) => {
    expect(parseTarget(text)).toEqual({ kind: 'valid', target });
    expect(targetKey(target)).toBe(key);
    expect(parseTarget(key)).toEqual({ kind: 'valid', target });
  });

  it.each<[string, RegExp]>([
    ['', /names no host/],
    ['a b', /white space/],
    ['ship.example\u0000', /control characters/],
    ['ftp://ship.example', /and not with ftp/],
    ['ship.example:443', /tcp:\/\/ship\.example:443/],
    ['[2001:db8::1]:443', /tcp:\/\/\[2001:db8::1\]:443/],
    ['tcp://ship.example', /must name a port/],
    ['tcp://ship.example:0', /port from 1 to 65535/],
    ['tcp://ship.example:65536', /port from 1 to 65535/],
    ['tcp://ship.example:22/', /must name a port/],
    ['tcp://:22', /must name a port/],
    ['tcp://2001:db8::1', /no address and no host name/],
    ['icmp://ship.example:22', /no address and no host name/],
    ['icmp://ship.example/', /no address and no host name/],
    ['icmp://', /names no host/],
    ['https://', /names no host/],
    ['https:///x', /names no host/],
    ['https://user:secret@ship.example/', /user name or password/],
    ['https://@ship.example/', /user name or password/],
    ['https://ship.example/#x', /fragment/],
    ['https://ship.example\\x', /backslash/],
    ['https://ship.example:0/', /port from 1 to 65535/],
    ['https://ship.example:99999/', /no URL/],
    ['https://-ship.example/', /no address and no host name/],
    ['https://a..b/', /no address and no host name/],
    ['256.0.0.1', /no address and no host name/],
    ['10.1', /no address and no host name/],
    ['1234', /no address and no host name/],
    ['[ship.example]', /in brackets/],
    ['0.0.0.0', /no address of a host/],
    ['127.0.0.1', /no address of a host/],
    ['224.0.0.1', /no address of a host/],
    ['255.255.255.255', /no address of a host/],
    ['https://0x7f.1/', /127\.0\.0\.1 is no address of a host/],
    ['::', /no address of a host/],
    ['::1', /no address of a host/],
    ['ff02::1', /no address of a host/],
    ['::ffff:192.0.2.1', /disguise/],
    ['fe80::1%eth0', /zone/],
    ['localhost', /this device itself/],
    ['http://a.localhost/', /this device itself/],
    [`https://ship.example/${'x'.repeat(2048)}`, /longer/],
  ])('refuses %j', (text, problem) => {
    expect(parseTarget(text)).toEqual({ kind: 'invalid', problem: expect.stringMatching(problem) });
  });

  const part = fc.constantFrom(
    ...['https://', 'http://', 'tcp://', 'icmp://', '[', ']', ':', '/', '?', '#', '@', '%', '.', '\\', '0', '443'],
    ...['2001:db8::1', '192.0.2.1', 'ship', 'example', 'ü', '-', '_'],
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
  );

  it('never throws, and reads its own key as the same target (property)', () => {
    let valid = 0;
    fc.assert(
      fc.property(text, (some) => {
        const parsed = parseTarget(some);
        if (parsed.kind === 'invalid') {
          expect(parsed.problem).not.toBe('');
        } else {
          valid += 1;
          expect(parseTarget(targetKey(parsed.target))).toEqual(parsed);
        }
      }),
      { numRuns: 5_000 },
    );
    expect(valid).toBeGreaterThan(0);
  });
});

describe('targetOfParts', () => {
  it.each<['icmp' | 'tcp', string, number, string]>([
    ['icmp', '192.0.2.1', 0, 'icmp://192.0.2.1'],
    ['icmp', '2001:db8::1', 0, 'icmp://[2001:db8::1]'],
    ['tcp', 'ship.example', 443, 'tcp://ship.example:443'],
    ['tcp', '2001:db8::1', 443, 'tcp://[2001:db8::1]:443'],
  ])('%s %s %d', (kind, host, port, key) => {
    const parsed = targetOfParts(kind, host, port);
    expect(parsed.kind === 'valid' ? targetKey(parsed.target) : parsed.problem).toBe(key);
  });

  it.each<['icmp' | 'tcp', string, number]>([
    ['icmp', '', 0],
    ['icmp', 'a/b', 0],
    ['tcp', 'ship.example', 0],
    ['tcp', 'ship.example:22', 443],
    ['tcp', '', 443],
  ])('refuses %s %j %d', (kind, host, port) => {
    expect(targetOfParts(kind, host, port).kind).toBe('invalid');
  });
});
