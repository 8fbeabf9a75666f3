import { describe, expect, it } from '@jest/globals';

import { configFromJson } from '../../../lib/configuration/index.js';
import { local, modelOf, ship, uuid, type Json } from '../../../lib/configuration/testing/ship-json.js';
import { unlikely } from './unlikely.js';

const nameless = ship({ networkInstances: [local(1)] });
const whole = { ...nameless, id: { uuid: uuid(7) } };
const { systemAdapterList } = nameless as { readonly systemAdapterList: readonly Json[] };

function doubts(before: Json, after: Json, callerInterface?: string): readonly string[] {
  return unlikely({
    ...{ before: configFromJson(before), after: configFromJson(after), callerInterface },
    ...{ modelBefore: modelOf(before), modelAfter: modelOf(after) },
  });
}

describe('a push that is hardly meant', () => {
  it.each<[string, Json, string | undefined, RegExp]>([
    [
      'of another device',
      { ...whole, id: { uuid: uuid(8) } },
      undefined,
      /000008 \(id\.uuid\), and the one in force for \S+000007/,
    ],
    ['of no device', nameless, undefined, /set id\.uuid/],
    ['without ports', { ...whole, systemAdapterList: [] }, undefined, /removes every port: eth0, wwan0/],
    ['without network instances', { ...whole, networkInstances: [] }, undefined, /every network instance: ni1/],
    [
      "without the caller's port",
      { ...whole, systemAdapterList: systemAdapterList.slice(0, 1) },
      'wwan0',
      /removes wwan0 \(wwan0\)/,
    ],
  ])('%s', (_what, after, callerInterface, doubt) => {
    expect(doubts(whole, after, callerInterface)).toEqual([expect.stringMatching(doubt) as unknown]);
  });

  it.each<[string, Json, Json, string | undefined]>([
    ['that names the device for the first time', nameless, whole, undefined],
    ['in other letters', whole, { ...whole, id: { uuid: uuid(7).toUpperCase() } }, undefined],
    ['that removes another port', whole, { ...whole, systemAdapterList: systemAdapterList.slice(0, 1) }, 'eth0'],
    ['by an interface that is no port', whole, { ...whole, systemAdapterList: systemAdapterList.slice(0, 1) }, 'tun0'],
    ['that replaces the network instance', whole, { ...whole, networkInstances: [local(2)] }, undefined],
    ['where nothing was', { id: { uuid: uuid(7) } }, { id: { uuid: uuid(7) }, deviceName: 'ship' }, undefined],
  ])('is none %s', (_what, before, after, callerInterface) => {
    expect(doubts(before, after, callerInterface)).toEqual([]);
  });

  it('names a few of many', () => {
    const many = ship({ networkInstances: Array.from({ length: 9 }, (_, index) => local(index + 1)) });
    expect(doubts(many, { ...many, networkInstances: [] })).toEqual([
      'it removes every network instance: ni1, ni2, ni3, ni4, ni5 and 4 more',
    ]);
  });
});
