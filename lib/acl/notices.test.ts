import { describe, expect, it } from '@jest/globals';

import { configFromJson, interpret } from '../configuration/index.js';
import { app, local, portMap, ship } from '../configuration/testing/ship-json.js';
import { atOnce } from '../slices/index.js';
import { accessNotices } from './index.js';

type Json = Record<string, unknown>;

const AT = 'apps[0].interfaces[0].acls';
const ALL: Json = { id: 1, matches: [{ type: 'ip', value: '0.0.0.0/0' }] };

function noticesOf(acls: readonly Json[], instance: Json = local(1)): readonly string[] {
  const config = configFromJson(ship({ networkInstances: [instance], apps: [app(1, 1, { acls })] }));
  const interpretation = interpret(config);
  if (interpretation.kind === 'invalid') throw new Error(JSON.stringify(interpretation.problems));
  return atOnce(accessNotices(config, interpretation.model)).map(
    ({ field, description }) => `${field}: ${description}`,
  );
}

describe('what may not be meant in an access list', () => {
  it.each<{ what: string; acls: readonly Json[]; said: readonly RegExp[] }>([
    { what: 'nothing', acls: [ALL], said: [] },
    { what: 'no entries', acls: [], said: [/^apps\[0\]\.interfaces\[0\]\.acls: no entries: app1 reaches nothing/] },
    { what: 'port maps only', acls: [{ ...portMap('80'), id: 2 }], said: [/acls: port maps only: app1 answers/] },
    { what: 'no id', acls: [{ ...ALL, id: 0 }], said: [/acls\[0\]\.id: no id/] },
    {
      what: 'IPv6',
      acls: [ALL, { id: 2, matches: [{ type: 'ip', value: '::/0' }] }],
      said: [/acls\[1\]: matches nothing: ni1 carries IPv4 only/],
    },
    {
      what: 'a name with a static entry below it',
      acls: [{ id: 1, matches: [{ type: 'host', value: 'lan.example' }] }],
      said: [/acls\[0\]: does not match printer\.LAN\.example/],
    },
    {
      what: 'an adapter that is no port',
      acls: [ALL, { id: 2, matches: [{ type: 'adapter', value: 'sat0' }] }],
      said: [/acls\[1\]: matches nothing: no port has the label "sat0"/],
    },
    {
      what: 'a port map that goes out',
      acls: [ALL, { ...portMap('80'), id: 2, dir: 'EGRESS' }],
      said: [/acls\[1\]\.dir: a port map is for what comes in/],
    },
  ])('is told: $what', ({ acls, said }) => {
    const notices = noticesOf(acls, local(1, { dns: [{ HostName: 'printer.LAN.example', Address: ['10.1.0.9'] }] }));
    expect(notices).toEqual(said.map((each) => expect.stringMatching(each)));
    expect(notices.every((each) => each.startsWith(AT))).toBe(true);
  });

  it('is nothing where the device has no part in it', () => {
    expect(noticesOf([], local(1, { instType: 'ZnetInstSwitch', activate: false }))).toEqual([]);
  });

  it('of a switch is told as of others, and IPv6 matches there', () => {
    const instance = local(1, { instType: 'ZnetInstSwitch', port: { name: 'eth0' } });
    expect(noticesOf([], instance)).toEqual([expect.stringMatching(/no entries: app1 reaches nothing/)]);
    expect(noticesOf([{ id: 2, matches: [{ type: 'ip', value: '::/0' }] }], instance)).toEqual([]);
  });
});
