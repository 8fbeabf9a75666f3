import { describe, expect, it } from '@jest/globals';

import type { AccessEntry } from '../../../lib/configuration/index.js';

import { EVERYTHING } from '../../../lib/configuration/testing/access-entry.js';
import { INPUTS, MODEL, WEB } from '../testing/ship.js';
import { accessRules, type AccessInterface } from './access.js';
import {
  changedInterfaces,
  isRefused,
  type AccessChange,
  type FlowSurroundings,
  type TrackedFlow,
} from './refused-flows.js';

const APP = '10.77.0.2';
const OTHER = '10.77.0.3';
const PORT = '192.0.2.10';
const SERVER = '198.51.100.20';
const nothing: FlowSurroundings = { isNamed: () => false, labelsOf: () => [] };

const withList = (accessList: readonly AccessEntry[]): AccessInterface => ({
  appId: 'a',
  appName: 'web',
  interfaceName: 'eth0',
  niId: 'n',
  niNumber: 1,
  bridge: 'bn1',
  address: APP,
  gateway: '10.77.0.1',
  list: accessList,
  members: new Set([APP, OTHER]),
});
const entry = (more: Partial<AccessEntry>): AccessEntry => ({ ...EVERYTHING, ...more });
const toPort = (port: number): AccessEntry => entry({ protocol: 6, remotePorts: { first: port, last: port } });
const named = entry({ remoteName: 'example.com' });
const mapped = entry({
  direction: 'ingress',
  protocol: 6,
  localPorts: { first: 8080, last: 8080 },
  portMap: { protocol: 'tcp', externalPort: 8080, appPort: 80, adapterLabel: undefined },
});

const flow = (
  [source, sourcePort]: readonly [string, number],
  [destination, destinationPort]: readonly [string, number],
  answer: readonly [string, number] = [destination, destinationPort],
  protocol = 6,
): TrackedFlow => ({
  protocol,
  original: { source, sourcePort, destination, destinationPort },
  // As masquerade and port maps have it: answers come from elsewhere, to elsewhere.
  reply: { source: answer[0], sourcePort: answer[1], destination: PORT, destinationPort: sourcePort },
  mark: 0xe0010001,
});
const out = flow([APP, 40_000], [SERVER, 443]);
const cameIn = flow([SERVER, 40_000], [PORT, 8080], [APP, 80]);

describe('isRefused', () => {
  it.each<{
    what: string;
    before: readonly AccessEntry[] | 'unknown' | 'none';
    after: readonly AccessEntry[] | undefined;
    flow: TrackedFlow;
    refused: boolean;
    now?: boolean;
  }>([
    { what: 'still allowed', before: [EVERYTHING], after: [toPort(443)], flow: out, refused: false },
    { what: 'allowed no more', before: [EVERYTHING], after: [toPort(80)], flow: out, refused: true },
    { what: 'of an app that is gone', before: [EVERYTHING], after: undefined, flow: out, refused: true },
    { what: 'from before lists counted', before: 'none', after: [toPort(80)], flow: out, refused: true },
    { what: 'under a list that nobody remembers', before: 'unknown', after: [toPort(80)], flow: out, refused: true },
    { what: 'the same, allowed', before: 'unknown', after: [toPort(443)], flow: out, refused: false },
    {
      what: 'of others',
      before: [EVERYTHING],
      after: [],
      flow: flow(['10.77.0.9', 1], [SERVER, 443]),
      refused: false,
    },
    { what: 'in by a port map', before: [mapped], after: [EVERYTHING, mapped], flow: cameIn, refused: false },
    { what: 'in by a port map that is gone', before: [mapped], after: [toPort(443)], flow: cameIn, refused: true },
    {
      what: 'from app to app',
      before: [EVERYTHING],
      after: [entry({ direction: 'egress' })],
      flow: flow([OTHER, 1], [APP, 80]),
      refused: true,
    },
    {
      what: 'of the DNS',
      before: [EVERYTHING],
      after: [],
      flow: flow([APP, 1], ['10.77.0.1', 53], undefined, 17),
      refused: false,
    },
    {
      what: 'of somebody else on the same port',
      before: [EVERYTHING],
      after: [],
      flow: flow([APP, 1], [SERVER, 53], undefined, 17),
      refused: true,
    },
    {
      what: 'to a name that still has the address',
      before: [named],
      after: [named],
      flow: out,
      refused: false,
      now: true,
    },
    { what: 'to a name that had the address', before: [named], after: [named, toPort(1)], flow: out, refused: false },
    { what: 'to a name whose entry is gone', before: [named], after: [toPort(1)], flow: out, refused: true },
    {
      what: 'that another entry allowed, beside a name',
      before: [named, EVERYTHING],
      after: [named],
      flow: out,
      refused: true,
    },
    { what: 'to a name, after a restart', before: 'unknown', after: [named], flow: out, refused: false },
    { what: 'to a name that nobody asked for yet', before: 'none', after: [named], flow: out, refused: true },
  ])('a flow $what: $refused', ({ before, after, flow: tracked, refused, now = false }) => {
    const change: AccessChange = {
      before: typeof before === 'string' ? before : withList(before),
      after: after === undefined ? undefined : withList(after),
    };
    expect(isRefused(tracked, new Map([[APP, change]]), { ...nothing, isNamed: () => now })).toBe(refused);
  });
});

describe('changedInterfaces', () => {
  const rules = accessRules(MODEL, INPUTS.ids);
  const renamed = { ...MODEL, apps: [{ ...WEB, name: 'renamed' }] };
  const changed = {
    ...MODEL,
    apps: [{ ...WEB, interfaces: WEB.interfaces.map((each) => ({ ...each, accessList: [] })) }],
  };

  it('are those whose lists differ', () => {
    expect([...changedInterfaces(rules, accessRules(renamed, INPUTS.ids)).keys()]).toEqual([]);
    expect([...changedInterfaces(rules, accessRules(changed, INPUTS.ids)).keys()]).toEqual([APP]);
    expect([...changedInterfaces(rules, accessRules({ ...MODEL, apps: [] }, INPUTS.ids)).keys()]).toEqual([APP]);
  });

  it('are all, where nobody knows what was in force', () => {
    expect(changedInterfaces('unknown', rules).get(APP)?.before).toBe('unknown');
    expect(changedInterfaces('none', rules).get(APP)?.before).toBe('none');
  });
});
