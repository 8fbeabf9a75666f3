import { describe, expect, it } from '@jest/globals';

import { AccessVerdict, ExplainAccessRequest } from '../../../gen/zedrouter/v1/network_router.js';
import type { DeviceModel } from '../../../lib/configuration/index.js';
import { NO_IDS, idsFor } from '../ids/ids.js';
import { EVERYTHING } from '../../../lib/configuration/testing/access-entry.js';
import { EVE_EXAMPLES, MORE_CASES, NAMES, PLACES } from '../../../lib/acl/testing/cases.js';
import { app, local, modelOf, ship } from '../../../lib/configuration/testing/ship-json.js';
import { MODEL, neighbourAt, PORTS, WEB } from '../testing/ship.js';
import { accessExplanations, accessInterfacesOf, deniedAtInterfaces } from './access-explanations.js';

const NEIGHBOUR = '10.77.0.9';
const model: DeviceModel = {
  ...MODEL,
  apps: [
    {
      ...WEB,
      interfaces: WEB.interfaces.map((each) => ({
        ...each,
        accessList: [
          { ...EVERYTHING, id: 4, name: 'shop', remoteName: 'example.com' },
          { ...EVERYTHING, id: 0, protocol: 17, action: 'drop' as const },
          { ...EVERYTHING, id: 9, protocol: 6, remotePorts: { first: 443, last: 443 } },
        ],
      })),
    },
    neighbourAt(NEIGHBOUR),
  ],
};
const report = {
  ids: idsFor(model, NO_IDS),
  inputs: {
    config: { version: 1n, model },
    ports: { epoch: 'e', revision: 1n, facts: PORTS },
    selections: { epoch: 'e', revision: 1n, portsRevision: 1n, selections: new Map() },
  },
};
const denials = [
  { bridge: 'bn1', address: '10.77.0.2', entry: 0, packets: 3 },
  { bridge: 'bn1', address: '10.77.0.2', entry: 0x0100_0001, packets: 2 },
  { bridge: 'bn1', address: '10.77.0.2', entry: 77, packets: 1 },
  { bridge: 'bn1', address: '10.77.0.99', entry: 0, packets: 9 },
];
const facts = { isNamed: () => false, denials };

const explain = (remote: string, remotePort: number, protocol = 6, app = 'web') =>
  accessExplanations(
    report,
    accessInterfacesOf(report, app, ''),
    ExplainAccessRequest.fromPartial({ app, remote, remotePort, protocol }),
    facts,
  );

describe('what access lists say of a flow', () => {
  it.each<{ remote: string; port: number; protocol?: number; verdict: AccessVerdict; place: number; detail: RegExp }>([
    {
      remote: '198.51.100.20',
      port: 443,
      verdict: 1,
      place: 3,
      detail: /^allowed by entry 9 \(tcp, remote port 443\)$/,
    },
    { remote: '198.51.100.20', port: 80, verdict: 3, place: 0, detail: /^refused: no entry/ },
    {
      remote: '198.51.100.20',
      port: 53,
      protocol: 17,
      verdict: 2,
      place: 2,
      detail: /^dropped by the entry without an id/,
    },
    { remote: 'www.Example.com', port: 80, verdict: 1, place: 1, detail: /^allowed by entry 4 "shop"/ },
    { remote: 'example.org', port: 80, verdict: 3, place: 0, detail: /^refused/ },
  ])('$remote $port: $verdict', ({ remote, port, protocol, verdict, place, detail }) => {
    const [first, ...others] = explain(remote, port, protocol);
    expect(first).toMatchObject({
      appName: 'web',
      ingress: false,
      verdict,
      place,
      detail: expect.stringMatching(detail) as unknown,
    });
    expect(first?.networkInstanceName).toBe('default');
    expect(others).toEqual([]);
  });

  it.each(
    [...EVE_EXAMPLES, ...MORE_CASES]
      .filter(({ flow }) => flow.direction === 'egress')
      .map((each, index) => ({ ...each, number: index + 1 })),
  )(
    '$number: $what: $flow.protocol $flow.remoteAddress $flow.remotePort is $verdict',
    ({ acls, flow, verdict: expected }) => {
      const [listed] = modelOf(ship({ networkInstances: [local(1)], apps: [app(1, 1, { acls })] })).apps;
      const accessList = listed?.interfaces[0]?.accessList ?? [];
      const interfaces = WEB.interfaces.map((each) => ({ ...each, address: PLACES.app, accessList }));
      const network = { staticDnsEntries: [{ hostName: 'printer', addresses: [PLACES.staticHost] }] };
      const cased: DeviceModel = {
        ...MODEL,
        networkInstances: MODEL.networkInstances.map((one) => ({
          ...one,
          network: one.network && { ...one.network, ...network },
        })),
        apps: [{ ...WEB, interfaces }, neighbourAt(PLACES.neighbour)],
      };
      const asked = {
        ids: idsFor(cased, NO_IDS),
        inputs: { ...report.inputs, config: { version: 1n, model: cased } },
      };
      const isNamed = (_niNumber: number, name: string, address: string): boolean =>
        Object.entries(NAMES).some(([each, at]) => at === address && `.${each}`.endsWith(`.${name}`));
      const request = ExplainAccessRequest.fromPartial({
        ...{ app: 'web', remote: flow.remoteAddress, protocol: flow.protocol },
        ...{ remotePort: flow.remotePort ?? 0, localPort: flow.localPort ?? 0 },
      });
      const [told] = accessExplanations(asked, accessInterfacesOf(asked, 'web', ''), request, { isNamed, denials: [] });
      const word = told?.verdict === AccessVerdict.ACCESS_VERDICT_DROPPED ? 'dropped' : 'allowed';
      expect(told?.verdict === AccessVerdict.ACCESS_VERDICT_REFUSED ? 'refused' : `${word} ${told?.entryId}`).toBe(
        expected,
      );
      expect(told?.detail.startsWith(expected === 'refused' ? 'refused: ' : `${word} by entry `)).toBe(true);
    },
  );

  it('tells of both lists from app to app', () => {
    expect(explain(NEIGHBOUR, 443)).toMatchObject([
      { appName: 'web', ingress: false, verdict: AccessVerdict.ACCESS_VERDICT_ALLOWED },
      { appName: 'neighbour', ingress: true, verdict: AccessVerdict.ACCESS_VERDICT_ALLOWED },
    ]);
    expect(explain('10.77.0.2', 443, 6, 'neighbour')).toMatchObject([
      { appName: 'neighbour', verdict: AccessVerdict.ACCESS_VERDICT_ALLOWED },
      { appName: 'web', ingress: true, verdict: AccessVerdict.ACCESS_VERDICT_REFUSED },
    ]);
  });

  it('knows an app by UUID and name, and its interfaces', () => {
    expect(accessInterfacesOf(report, WEB.id.toUpperCase(), 'eth0')).toHaveLength(1);
    expect(accessInterfacesOf(report, 'web', 'eth1')).toEqual([]);
    expect(accessInterfacesOf(report, 'nobody', '')).toEqual([]);
  });

  it('counts what was denied, by entry', () => {
    expect(deniedAtInterfaces(report, denials).map(({ appName, denied }) => [appName, denied])).toEqual([
      [
        'web',
        [
          { entryId: 0, place: 0, packets: 3n },
          { entryId: 77, place: 0, packets: 1n },
          { entryId: 0, place: 2, packets: 2n },
        ],
      ],
    ]);
    expect(AccessVerdict.ACCESS_VERDICT_REFUSED).toBe(3);
  });
});
