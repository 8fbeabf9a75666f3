import { describe, expect, it } from '@jest/globals';

import { targetKey } from '../../../../lib/configuration/index.js';
import { refusePortal } from './portal.js';
import { controllerPingTarget, type HttpTarget } from './targets.js';
import { targetOf } from './testing/target.js';

describe('controllerPingTarget', () => {
  it.each([
    ['https://zedcloud.example', 'https://zedcloud.example/api/v2/edgedevice/ping'],
    ['https://zedcloud.example/', 'https://zedcloud.example/api/v2/edgedevice/ping'],
    ['http://192.0.2.1:8080/base/?x', 'http://192.0.2.1:8080/base/api/v2/edgedevice/ping'],
    ['https://[2001:db8::1]:8443', 'https://[2001:db8::1]:8443/api/v2/edgedevice/ping'],
  ])('%s is asked at %s', (url, key) => {
    const parsed = controllerPingTarget(url);
    expect(parsed.kind === 'valid' ? targetKey(parsed.target) : parsed.problem).toBe(key);
  });

  it.each([
    ['zedcloud.example', /must begin with https:\/\//],
    ['tcp://zedcloud.example:443', /must begin with https:\/\//],
    ['https://', /names no host/],
  ])('refuses %s', (url, problem) => {
    expect(controllerPingTarget(url)).toEqual({ kind: 'invalid', problem: expect.stringMatching(problem) });
  });
});

describe('refusePortal', () => {
  it.each<[string, number, string | undefined, RegExp | undefined]>([
    ['http://ship.example/', 200, undefined, undefined],
    ['http://ship.example/', 200, 'http://login.example/', undefined],
    ['http://ship.example/', 500, undefined, undefined],
    ['http://ship.example/', 301, 'https://SHIP.example:8443/', undefined],
    ['http://ship.example/', 307, '//ship.example/x', undefined],
    ['http://[2001:db8::1]/', 302, 'https://[2001:db8:0::1]/', undefined],
    ['http://ship.example/', 302, undefined, undefined],
    ['http://ship.example/', 302, 'http://www.ship.example/', /redirected to www\.ship\.example/],
    ['http://192.0.2.1/', 303, 'http://192.0.2.2/', /redirected to 192\.0\.2\.2/],
    ['http://ship.example/', 511, undefined, /wants a login/],
  ])('%s answered with %d %s', (url, status, location, portal) => {
    const judge = (): void => {
      refusePortal(targetOf(url) as HttpTarget, { status, location });
    };
    if (portal === undefined) expect(judge).not.toThrow();
    else expect(judge).toThrow(portal);
  });
});
