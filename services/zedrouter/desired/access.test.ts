import { describe, expect, it } from '@jest/globals';

import type { AccessEntry, DeviceModel, PortMap } from '../../../lib/configuration/index.js';
import { NO_IDS, idsFor } from '../ids/ids.js';
import { EVERYTHING } from '../../../lib/configuration/testing/access-entry.js';
import { MODEL, NI_BUSINESS, neighbourAt, WEB } from '../testing/ship.js';
import { accessRules, isAccessObject, type AccessRules } from './access.js';

function rulesOf(...lists: readonly (readonly AccessEntry[])[]): AccessRules {
  const apps = [WEB, neighbourAt('10.77.0.9')].slice(0, lists.length).map((app, index) => ({
    ...app,
    interfaces: app.interfaces.map((each) => ({ ...each, accessList: lists[index] ?? [] })),
  }));
  const model: DeviceModel = { ...MODEL, apps };
  return accessRules(model, idsFor(model, NO_IDS));
}

function chain(rules: AccessRules, prefix: string): readonly string[] {
  const found = [...rules.objects.values()].find(({ name }) => name.startsWith(prefix));
  return found?.kind === 'chain' ? found.rules : [];
}

const entry = (id: number, more: Partial<AccessEntry>): AccessEntry => ({ ...EVERYTHING, id, ...more });
const mapped = (id: number, externalPort: number, more: Partial<AccessEntry> = {}): AccessEntry => {
  const portMap: PortMap = { protocol: 'tcp', externalPort, appPort: 80, adapterLabel: undefined };
  const localPorts = { first: externalPort, last: externalPort };
  return entry(id, { direction: 'ingress', protocol: 6, localPorts, portMap, ...more });
};
const network = { text: '192.0.2.0', prefixLength: 24, first: 0xc0000200, last: 0xc00002ff } as const;
const from = (id: number, more: Partial<AccessEntry> = {}): AccessEntry =>
  entry(id, { remoteNetwork: network, ...more });
const REFUSE = 'meta mark set 0 goto refuse_ingress';
const ofPort = (port: number): string => `ct status dnat meta l4proto 6 ct original proto-dst ${port} return`;

describe('the rules of access lists', () => {
  it.each<{ what: string; list: readonly AccessEntry[]; ingress: readonly string[] }>([
    { what: 'no entries', list: [], ingress: [REFUSE] },
    { what: 'nothing after an entry that matches everything', list: [EVERYTHING, from(2)], ingress: ['return'] },
    {
      what: 'a thousand port maps are one rule',
      list: Array.from({ length: 1_000 }, (_, index) => mapped(index + 1, 8_000 + index)),
      ingress: ['ct status dnat return', REFUSE],
    },
    {
      what: 'port maps with a denial in between are not',
      list: [mapped(1, 80), from(2, { action: 'drop' }), mapped(3, 81)],
      ingress: [
        ofPort(80),
        'ct original ip saddr 192.0.2.0/24 meta mark set 2 goto drop_ingress',
        'ct status dnat return',
        REFUSE,
      ],
    },
    {
      what: 'nor where one is for some remote ends',
      list: [mapped(1, 80), mapped(2, 81, { remoteNetwork: network })],
      ingress: [
        ofPort(80),
        'ct status dnat meta l4proto 6 ct original ip saddr 192.0.2.0/24 ct original proto-dst 81 return',
        REFUSE,
      ],
    },
    {
      what: 'an entry without an id counts by its place',
      list: [from(0, { action: 'drop' })],
      ingress: ['ct original ip saddr 192.0.2.0/24 meta mark set 16777216 goto drop_ingress', REFUSE],
    },
    { what: 'an adapter that is no port matches nothing', list: [entry(1, { adapterLabel: 'x' })], ingress: [REFUSE] },
    {
      what: 'a name has two sets',
      list: [entry(1, { remoteName: 'example.com' })],
      ingress: [
        expect.stringMatching(/ saddr @host_1_\w{12}_a return$/),
        expect.stringMatching(/_b return$/),
        REFUSE,
      ] as unknown as string[],
    },
  ])('$what', ({ list, ingress }) => {
    expect(chain(rulesOf(list), 'in_')).toEqual(ingress);
  });

  it('are shared by lists with the same entries, and not by those with a rate', () => {
    expect(rulesOf([from(1)], [from(1)]).objects.size).toBe(2);
    expect(rulesOf([from(1)], [from(2)]).objects.size).toBe(2);
    const rate = { packets: 5, per: 'second', burst: 9 } as const;
    const limited = rulesOf([from(1, { rate })], [from(1, { rate })]);
    expect([...limited.objects.keys()].filter((name) => name.startsWith('limit_'))).toHaveLength(4);
    expect(limited.objects.has('limits')).toBe(true);
    expect(chain(limited, 'limit_')).toEqual([
      expect.stringMatching(
        /ct direction original limit rate over 5\/second burst 9 packets meta mark set 1 goto drop_/,
      ),
      expect.stringMatching(/ct direction reply limit rate over 5\/second burst 9 packets meta mark set 1 goto drop_/),
      expect.stringMatching(/ return$/),
    ]);
  });

  it('are known by their names', () => {
    const rate = { packets: 5, per: 'second', burst: 9 } as const;
    const { objects } = rulesOf([entry(1, { rate, remoteName: 'example.com' }), entry(2, { action: 'drop' })]);
    expect([...objects.keys()].every(isAccessObject)).toBe(true);
    expect(['classify', 'from_ni', 'acl_egress', 'refuse_egress', 'in_x', 'uplinks'].some(isAccessObject)).toBe(false);
  });

  it('are there for apps of local network instances that are active', () => {
    const model: DeviceModel = {
      ...MODEL,
      apps: [
        { ...WEB, active: false },
        {
          ...neighbourAt('10.77.1.9'),
          interfaces: neighbourAt('10.77.1.9').interfaces.map((each) => ({ ...each, networkInstanceId: NI_BUSINESS })),
        },
      ],
    };
    expect([...accessRules(model, idsFor(model, NO_IDS)).interfaces.keys()]).toEqual(['10.77.1.9']);
  });
});
