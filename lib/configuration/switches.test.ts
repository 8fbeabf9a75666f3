import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

import { configFromJson, fieldNotices, interpret, switchNotices } from './index.js';
import { app, local, ship, type Json } from './testing/ship-json.js';

function modelOf(instance: Json, acls: readonly Json[] = []) {
  const config = configFromJson(ship({ networkInstances: [instance], apps: [app(1, 1, { acls })] }));
  const interpretation = interpret(config);
  if (interpretation.kind === 'invalid') throw new Error(JSON.stringify(interpretation.problems));
  return { config, model: interpretation.model };
}

const asSwitch = (more: Json = {}) => local(1, { instType: 'ZnetInstSwitch', port: { name: 'eth0' }, ip: {}, ...more });

describe('a switch', () => {
  it.each<[string, Json, boolean]>([
    ['is there with one port', {}, true],
    ['is there without a port', { port: {} }, true],
    ['is there with LLDP', { forwardLldp: true }, true],
    ['is not there where it is not activated', { activate: false }, false],
  ])('%s', (_what, more, active) => {
    const [instance] = modelOf(asSwitch(more)).model.networkInstances;
    expect(instance).toMatchObject({
      kind: 'switch',
      active,
      network: undefined,
      switching: { forwardsLldp: more.forwardLldp === true },
    });
  });

  it('has entries of IPv6, which tell the network', () => {
    const acls = [{ id: 1, matches: [{ type: 'ip', value: '2001:db8::/32' }] }];
    const [entry] = modelOf(asSwitch(), acls).model.apps[0]?.interfaces[0]?.accessList ?? [];
    expect(entry).toMatchObject({ remoteNetwork: 'ipv6', remoteIpv6: '2001:db8::/32' });
  });

  it('is pushed as docs/operation.md shows it, without a word against it', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/operation.md'), 'utf8');
    const [yaml = ''] = [...page.matchAll(/```yaml\n([^`]*)```/g)]
      .map(([, text = '']) => text)
      .filter((text) => text.includes('instType: ZnetInstSwitch'));
    const config = configFromJson(parse(yaml) as Json);
    const read = interpret(config);
    expect(read.kind === 'invalid' ? read.problems : []).toEqual([]);
    const [instance] = read.kind === 'valid' ? read.model.networkInstances : [];
    expect(instance).toMatchObject({ kind: 'switch', active: true, switching: { forwardsLldp: true } });
    expect(fieldNotices(config)).toEqual({ refused: [], warned: [] });
  });

  it.each<[string, Json, readonly string[]]>([
    ['nothing of what is its own', {}, []],
    ['nothing of one that is not active', { activate: false, ip: { subnet: '10.1.0.0/24' } }, []],
    [
      'what is of those that have addresses',
      {
        ip: { subnet: '10.1.0.0/24' },
        dns: [{ HostName: 'a.example', Address: ['10.1.0.9'] }],
        propagateConnectedRoutes: true,
        test: { target: '192.0.2.1' },
      },
      ['ip', 'dns', 'propagateConnectedRoutes', 'test'],
    ],
  ])('is told %s', (_what, more, fields) => {
    const { config, model } = modelOf(asSwitch(more));
    expect(switchNotices(config, model).map(({ field }) => field)).toEqual(
      fields.map((field) => `networkInstances[0].${field}`),
    );
  });
});
