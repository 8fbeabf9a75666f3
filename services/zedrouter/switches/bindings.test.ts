import { describe, expect, it } from '@jest/globals';

import type { SwitchApp } from '../desired/switches.js';
import { bind, impostors, type Binding, type Sighting } from './bindings.js';

const app = (key: string, macAddress: string): SwitchApp => ({
  ...{ key, appId: key, appName: key, interfaceName: 'eth0', macAddress, accessList: [] },
});
const APPS = { apps: [app('a', 'mac-a'), app('b', 'mac-b')] };
const member = (name: string, index: number) => ({ name, index });
const seen = (interfaceName: string, macAddress: string): Sighting => ({ interfaceName, macAddress });
const bound = (interfaceName: string, index: number, appKey: string): Binding => ({ interfaceName, index, appKey });

describe('whose a member of a bridge is', () => {
  it.each<[string, readonly ReturnType<typeof member>[], readonly Binding[], readonly Sighting[], readonly Binding[]]>([
    ['is not known before it has sent', [member('tap1', 1)], [], [], []],
    ['is told by the MAC address', [member('tap1', 1)], [], [seen('tap1', 'mac-a')], [bound('tap1', 1, 'a')]],
    ['is nobody by an address of no app', [member('tap1', 1)], [], [seen('tap1', 'mac-z')], []],
    ['is nobody in another bridge', [], [], [seen('tap1', 'mac-a')], []],
    [
      'stays, whatever it shows later',
      [member('tap1', 1)],
      [bound('tap1', 1, 'a')],
      [seen('tap1', 'mac-b')],
      [bound('tap1', 1, 'a')],
    ],
    [
      'is of the first that shows it',
      [member('tap1', 1), member('tap2', 2)],
      [bound('tap1', 1, 'a')],
      [seen('tap2', 'mac-a')],
      [bound('tap1', 1, 'a')],
    ],
    ['ends with the interface', [member('tap1', 5)], [bound('tap1', 1, 'a')], [], []],
    ['ends with the app', [member('tap1', 1)], [bound('tap1', 1, 'gone')], [], []],
    [
      'is told anew of another interface of that name',
      [member('tap1', 5)],
      [bound('tap1', 1, 'a')],
      [seen('tap1', 'mac-b')],
      [bound('tap1', 5, 'b')],
    ],
  ])('%s', (_what, members, before, sightings, expected) => {
    expect(bind(APPS, members, before, sightings)).toEqual(expected);
  });

  it('is told of who shows the address of another', () => {
    const sightings = [seen('tap1', 'mac-a'), seen('tap2', 'mac-a'), seen('tap3', 'mac-z')];
    expect(impostors(APPS, [bound('tap1', 1, 'a')], sightings)).toEqual([
      { interfaceName: 'tap2', app: APPS.apps[0], owner: 'tap1' },
    ]);
  });
});
