import { describe, expect, it } from '@jest/globals';

import { foreignFiltersIn, passageOf, type Passage, type SamplePacket } from './packet-filter.js';

const chain = (name: string, hook?: string, policy = 'accept') => ({
  chain: {
    family: 'ip',
    table: 'filter',
    name,
    ...(hook === undefined ? {} : { type: 'filter', hook, prio: 0, policy }),
  },
});
const rule = (name: string, ...expr: readonly unknown[]) => ({
  rule: { family: 'ip', table: 'filter', chain: name, expr },
});
const meta = (key: string, right: unknown, op = '==') => ({ match: { op, left: { meta: { key } }, right } });
const state = (...right: readonly string[]) => ({ match: { op: 'in', left: { ct: { key: 'state' } }, right } });
const port = (protocol: string, right: unknown) => ({
  match: { op: '==', left: { payload: { protocol, field: 'dport' } }, right },
});
const source = { match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: '10.77.0.0' } };
const ACCEPT = { accept: null };
const DROP = { drop: null };
const REJECT = { reject: { type: 'icmpx', expr: 'admin-prohibited' } };

const FORWARD: SamplePacket = {
  hook: 'forward',
  inputInterface: 'bn1',
  outputInterface: 'eth0',
  protocol: 'tcp',
  destinationPort: undefined,
};
const DHCP: SamplePacket = {
  hook: 'input',
  inputInterface: 'bn1',
  outputInterface: undefined,
  protocol: 'udp',
  destinationPort: 67,
};

function passage(packet: SamplePacket, ...items: readonly unknown[]): Passage | undefined {
  const filters = foreignFiltersIn(JSON.stringify({ nftables: [{ metainfo: {} }, ...items] }));
  const [base] = filters.base;
  return base === undefined ? undefined : passageOf(filters, base, packet);
}

describe('the passage of an app’s packet through somebody else’s chain', () => {
  it.each<{ what: string; packet: SamplePacket; items: readonly unknown[]; expected: Passage }>([
    { what: 'drops by policy', packet: FORWARD, items: [chain('F', 'forward', 'drop')], expected: 'dropped' },
    { what: 'accepts by policy', packet: FORWARD, items: [chain('F', 'forward')], expected: 'passes' },
    {
      what: 'lets answers through and drops what begins',
      packet: FORWARD,
      items: [chain('F', 'forward', 'drop'), rule('F', state('established', 'related'), ACCEPT)],
      expected: 'dropped',
    },
    {
      what: 'lets our bridges through by a wildcard, as the remedy has it',
      packet: FORWARD,
      items: [chain('F', 'forward', 'drop'), rule('F', meta('iifname', 'bn*'), { counter: {} }, ACCEPT)],
      expected: 'passes',
    },
    {
      what: 'lets another bridge through',
      packet: FORWARD,
      items: [chain('F', 'forward', 'drop'), rule('F', meta('iifname', { set: ['docker0', 'bn2'] }), ACCEPT)],
      expected: 'dropped',
    },
    {
      what: 'drops by its last rule, not by policy (firewalld)',
      packet: FORWARD,
      items: [
        chain('F', 'forward'),
        chain('zones'),
        chain('public'),
        rule('F', meta('iifname', 'lo'), ACCEPT),
        rule('F', { jump: { target: 'zones' } }),
        rule('F', REJECT),
        rule('zones', meta('iifname', 'eth0'), { goto: { target: 'public' } }),
        rule('zones', { goto: { target: 'public' } }),
        rule('public', port('icmp', 8), ACCEPT),
      ],
      expected: 'dropped',
    },
    {
      what: 'accepts in a chain that it jumps to',
      packet: FORWARD,
      items: [
        chain('F', 'forward', 'drop'),
        chain('DOCKER-USER'),
        rule('F', { jump: { target: 'DOCKER-USER' } }),
        rule('DOCKER-USER', meta('iifname', 'bn*'), ACCEPT),
        rule('DOCKER-USER', { return: null }),
      ],
      expected: 'passes',
    },
    {
      what: 'accepts by a source that cannot be told from here',
      packet: FORWARD,
      items: [chain('F', 'forward', 'drop'), rule('F', source, ACCEPT)],
      expected: 'depends',
    },
    {
      what: 'drops by an extension of iptables that cannot be read',
      packet: FORWARD,
      items: [chain('F', 'forward'), rule('F', { xt: { type: 'match', name: 'set' } }, DROP)],
      expected: 'depends',
    },
    {
      what: 'returns for others only',
      packet: FORWARD,
      items: [
        chain('F', 'forward'),
        rule('F', meta('oifname', 'eth0', '!='), { return: null }),
        rule('F', meta('l4proto', 'tcp'), DROP),
      ],
      expected: 'dropped',
    },
    {
      what: 'lets requests for addresses in',
      packet: DHCP,
      items: [chain('I', 'input', 'drop'), rule('I', meta('iifname', 'bn*'), port('udp', { set: [53, 67] }), ACCEPT)],
      expected: 'passes',
    },
    {
      what: 'lets names in alone',
      packet: DHCP,
      items: [chain('I', 'input', 'drop'), rule('I', port('udp', 53), ACCEPT), rule('I', port('tcp', 67), ACCEPT)],
      expected: 'dropped',
    },
  ])('$what: $expected', ({ packet, items, expected }) => {
    expect(passage(packet, ...items)).toBe(expected);
  });

  it('is not asked of our own table, nor of those for other packets', () => {
    const own = { chain: { family: 'inet', table: 'eve_uplink', name: 'guard', hook: 'forward', policy: 'drop' } };
    const ipv6 = { chain: { family: 'ip6', table: 'filter', name: 'FORWARD', hook: 'forward', policy: 'drop' } };
    expect(passage(FORWARD, own, ipv6)).toBeUndefined();
  });
});
