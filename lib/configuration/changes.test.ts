import { describe, expect, it } from '@jest/globals';

import { atOnce } from '../slices/index.js';
import { configChanges } from './changes.js';
import { app, local, modelOf, ship, type Json } from './testing/ship-json.js';

const before: Json = ship({ networkInstances: [local(1), local(2)], apps: [app(1, 1), app(2, 2)] });
const { systemAdapterList } = before as { readonly systemAdapterList: readonly Json[] };

describe('changes of a configuration', () => {
  it.each<[string, Json, readonly string[]]>([
    ['the same', before, []],
    ['a port that goes', { ...before, systemAdapterList: systemAdapterList.slice(1) }, ['port eth0 goes']],
    [
      'a network instance that comes',
      { ...before, networkInstances: [local(1), local(2), local(3)] },
      ['network instance ni3 comes'],
    ],
    ['an app that changes', { ...before, apps: [app(1, 1, { hostname: 'x' }), app(2, 2)] }, ['app app1 changes']],
    [
      'a new name, which is no other network instance',
      { ...before, networkInstances: [local(1, { displayname: 'crew' }), local(2)] },
      ['network instance crew changes'],
    ],
    [
      'a setting',
      { ...before, configItems: [{ key: 'network.download.max.cost', value: '3' }] },
      ['the highest priority for downloads changes'],
    ],
    [
      'everything',
      {},
      [
        'port eth0 goes',
        'port wwan0 goes',
        'network instance ni1 goes',
        'network instance ni2 goes',
        'app app1 goes',
        'app app2 goes',
      ],
    ],
  ])('tell of %s', (_what, after, lines) => {
    expect(atOnce(configChanges(modelOf(before), modelOf(after)))).toEqual(lines);
  });
});
