import { describe, expect, it } from '@jest/globals';

import { proxyProto, ProxyConfig } from '../../gen/evecommon/netcmn.js';
import { interpretProxies, isException, proxyFor, type ProxiedTarget } from './proxies.js';

const { PROXY_HTTP, PROXY_HTTPS, PROXY_SOCKS } = proxyProto;

function proxies(changes: Partial<ProxyConfig>) {
  return interpretProxies(
    ProxyConfig.fromPartial({
      proxies: [
        { proto: PROXY_HTTP, server: '10.0.0.1', port: 3128 },
        { proto: PROXY_HTTPS, server: 'Proxy.Example', port: 3129 },
      ],
      ...changes,
    }),
  );
}

describe('the proxies of a network', () => {
  it('are one for each scheme', () => {
    expect(proxies({})).toEqual({
      http: { host: '10.0.0.1', port: 3128 },
      https: { host: 'proxy.example', port: 3129 },
      exceptions: [],
      certificateAuthorities: [],
    });
  });

  it.each<[string, Partial<ProxyConfig>, object | undefined]>([
    ['none named', { proxies: [] }, undefined],
    ['of another kind', { proxies: [{ proto: PROXY_SOCKS, server: '10.0.0.1', port: 1080 }] }, undefined],
    ['without a port', { proxies: [{ proto: PROXY_HTTP, server: '10.0.0.1', port: 0 }] }, undefined],
    ['with a password', { proxies: [{ proto: PROXY_HTTP, server: 'me:secret@10.0.0.1', port: 80 }] }, undefined],
    [
      'of https to itself',
      { proxies: [{ proto: PROXY_HTTPS, server: 'https://proxy.example', port: 443 }] },
      undefined,
    ],
    [
      'by its URL',
      { proxies: [{ proto: PROXY_HTTPS, server: 'http://proxy.example/', port: 80 }] },
      { http: undefined, https: { host: 'proxy.example', port: 80 } },
    ],
    [
      'of IPv6',
      { proxies: [{ proto: PROXY_HTTP, server: '[2001:db8::1]', port: 80 }] },
      { http: { host: '2001:db8::1', port: 80 } },
    ],
  ])('%s', (_what, changes, want) => {
    const read = proxies(changes);
    if (want === undefined) expect(read).toBeUndefined();
    else expect(read).toMatchObject(want);
  });

  it('are bounded in their exceptions', () => {
    const exceptions = Array.from({ length: 300 }, (_, index) => `h${index}.example`).join();
    expect(proxies({ exceptions })?.exceptions).toHaveLength(256);
  });

  it('leave out what is no certificate and no exception', () => {
    const changes = { exceptions: 'a.example, b/c', proxyCertPEM: [Buffer.from('no certificate')] };
    expect(proxies(changes)).toMatchObject({ exceptions: ['a.example'], certificateAuthorities: [] });
  });
});

describe('proxyFor', () => {
  it.each<[string, string, boolean]>([
    ['', 'a.example', true],
    ['a.example', 'a.example', false],
    ['A.Example', 'x.a.example', false],
    ['a.example', 'xa.example', true],
    ['.a.example', 'a.example', true],
    ['.a.example', 'x.a.example', false],
    ['*.a.example', 'x.a.example', false],
    ['*', 'anything.example', false],
    ['a.example:443', 'a.example', false],
    ['a.example:80', 'a.example', true],
    ['b.example,\ta.example', 'a.example', false],
    ['198.51.100.7', '198.51.100.7', false],
    ['198.51.100.0/24', '198.51.100.7', false],
    ['198.51.100.0/24', '198.51.101.7', true],
    ['198.51.100.0/24:443', '198.51.100.7', false],
    ['2001:db8::/32', '2001:db8::7', false],
    ['[2001:db8::7]:443', '2001:db8::7', false],
    ['[2001:db8::7]:80', '2001:db8::7', true],
    ['198.51.100.0/24', 'a.example', true],
  ])('with the exception "%s" asks %s by the proxy: %s', (exceptions, host, byProxy) => {
    const target: ProxiedTarget = { scheme: 'https', host, port: 443 };
    expect(proxyFor(proxies({ exceptions }), target)).toEqual(
      byProxy ? { host: 'proxy.example', port: 3129 } : undefined,
    );
  });

  it('asks straight where there is no proxy for the scheme', () => {
    const read = proxies({ proxies: [{ proto: PROXY_HTTP, server: '10.0.0.1', port: 80 }] });
    expect(proxyFor(read, { scheme: 'https', host: 'a.example', port: 443 })).toBeUndefined();
    expect(proxyFor(undefined, { scheme: 'http', host: 'a.example', port: 80 })).toBeUndefined();
  });
});

describe('isException', () => {
  it.each(['a/b', '10.0.0.0/33', 'a.example:0', 'a.example:99999', '.', 'http://a.example', '-'])(
    'finds no meaning in %s',
    (text) => {
      expect(isException(text)).toBe(false);
    },
  );
});
