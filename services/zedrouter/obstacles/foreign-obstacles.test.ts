import { describe, expect, it } from '@jest/globals';

import { foreignObstacles } from './foreign-obstacles.js';
import { foreignFiltersIn } from './packet-filter.js';
import { notedPassage, type PassageMemory } from './passage.js';

const base = (table: string, name: string, hook: string) => ({
  chain: { family: 'ip', table, name, hook, policy: 'drop' },
});
const ruleIn = (table: string, chain: string) => ({ rule: { family: 'ip', table, chain, expr: [{ counter: {} }] } });
const filters = (...items: readonly unknown[]) => foreignFiltersIn(JSON.stringify({ nftables: items }));
const BN1 = { bridge: 'bn1', interfaceInUse: 'eth0' };
const passed = (...counts: readonly (readonly [arrived: number, sent: number])[]): PassageMemory | undefined =>
  counts.reduce<PassageMemory | undefined>(
    (memory, [arrived, sent]) => notedPassage(memory, { arrived, sent }),
    undefined,
  );

describe('what others’ filters do to a network instance', () => {
  it.each<{
    what: string;
    items: readonly unknown[];
    passage?: PassageMemory | undefined;
    expected: readonly string[];
  }>([
    { what: 'nothing where there are none', items: [], expected: [] },
    {
      what: 'forwarding dropped, with the words of iptables',
      items: [base('filter', 'FORWARD', 'forward')],
      expected: ['forward-dropped: iptables -I FORWARD -i bn+ -j ACCEPT && iptables -I FORWARD -o bn+ -j ACCEPT'],
    },
    {
      what: 'forwarding dropped, with the words of docker',
      items: [base('filter', 'FORWARD', 'forward'), ruleIn('filter', 'DOCKER-USER')],
      expected: [
        'forward-dropped: iptables -I DOCKER-USER -i bn+ -j ACCEPT && iptables -I DOCKER-USER -o bn+ -j ACCEPT',
      ],
    },
    {
      what: 'requests to the host dropped, with the words of ufw',
      items: [base('filter', 'INPUT', 'input'), ruleIn('filter', 'ufw-before-input')],
      expected: ['input-dropped: ufw allow in on bn+ to any port 67 proto udp && ufw allow in on bn+ to any port 53'],
    },
    {
      what: 'nothing, whatever the chain seems to say, where packets get through',
      items: [base('filter', 'FORWARD', 'forward')],
      passage: passed([0, 0], [9, 0], [12, 2]),
      expected: [],
    },
    {
      what: 'packets lost, where none get through and no chain says why',
      items: [],
      passage: passed([0, 0], [9, 0]),
      expected: [
        'packets-lost: look for a filter of another kind: iptables-legacy -S FORWARD; ' +
          'iptables -I FORWARD -i bn+ -j ACCEPT && iptables -I FORWARD -o bn+ -j ACCEPT',
      ],
    },
    { what: 'nothing, after few that got nowhere', items: [], passage: passed([0, 0], [4, 0]), expected: [] },
    {
      what: 'nothing, after the counts have begun anew',
      items: [],
      passage: passed([50, 50], [4, 0], [8, 0]),
      expected: [],
    },
  ])('$what', ({ items, passage, expected }) => {
    const found = foreignObstacles(filters(...items), BN1, passage);
    expect(found.map(({ kind, remedy }) => `${kind}: ${remedy}`)).toEqual(expected);
  });
});
