import { describe, expect, it } from '@jest/globals';

import { scopeOfLine } from './monitor-line.js';
import { nothing, type ReadScope } from './read-scope.js';

const watched = new Map([
  ['eth0', 2101],
  ['wwan0', undefined],
]);

function inWords(scope: ReadScope): string {
  if (scope === nothing) return 'nothing';
  return [
    scope.forgetInterfaces ? 'forget' : '',
    scope.links.size > 0 ? `links ${[...scope.links].join()}` : '',
    scope.addresses.size > 0 ? `addresses ${[...scope.addresses].join()}` : '',
    scope.routes ? 'routes' : '',
  ]
    .filter((part) => part !== '')
    .join('; ');
}

describe('scopeOfLine', () => {
  it.each([
    ['2101: eth0@p0: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 state LOWERLAYERDOWN', 'links eth0'],
    ['[LINK]2101: eth0: <BROADCAST,MULTICAST> mtu 1500 qdisc noqueue state DOWN', 'links eth0'],
    ['Deleted 2101: eth0@NONE: <BROADCAST,MULTICAST> mtu 1500', 'forget; links eth0; addresses eth0; routes'],
    ['2107: eth0@p0: <BROADCAST,MULTICAST> mtu 1500', 'forget; links eth0; addresses eth0; routes'],
    ['2101: lan0@p0: <BROADCAST,MULTICAST> mtu 1500', 'forget; links eth0; addresses eth0; routes'],
    ['9: wwan0: <BROADCAST,MULTICAST> mtu 1500', 'forget; links wwan0; addresses wwan0; routes'],
    ['12: bn3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500', 'nothing'],
    ['Deleted 12: veth7@if3: <BROADCAST,MULTICAST> mtu 1500', 'nothing'],
    ['2101: eth0    inet 192.0.2.7/24 scope global eth0\\       valid_lft forever', 'links eth0; addresses eth0'],
    [
      'Deleted 2101: eth0    inet 192.0.2.7/24 scope global eth0\\       valid_lft forever',
      'links eth0; addresses eth0',
    ],
    ['2101: eth0    inet6 fe80::1/64 scope link', 'nothing'],
    ['12: bn3    inet 10.0.3.1/24 scope global bn3', 'nothing'],
    ['default via 192.0.2.1 dev eth0 metric 7', 'routes'],
    ['Deleted default via 192.0.2.1 dev eth0 proto dhcp metric 7', 'routes'],
    ['default via 192.0.2.1 dev eth0 table 501', 'nothing'],
    ['default via 10.0.3.2 dev bn3', 'nothing'],
    ['default proto static metric 9 \\	nexthop via 192.0.2.1 dev eth0 weight 1', 'routes'],
    ['unreachable default metric 4001', 'routes'],
    ['10.0.0.0/8 via 192.0.2.1 dev eth0 table 505', 'nothing'],
    ['local 192.0.2.7 dev eth0 table local proto kernel scope host src 192.0.2.7', 'nothing'],
    ['Deleted fe80::/64 dev eth0 proto kernel metric 256 pref medium', 'nothing'],
    ['    link/ether d6:1e:eb:44:44:3e brd ff:ff:ff:ff:ff:ff', 'nothing'],
    ['', 'nothing'],
    ['what is this?', 'links eth0,wwan0; addresses eth0,wwan0; routes'],
  ])('%s -> %s', (line, want) => {
    expect(inWords(scopeOfLine(line, watched))).toBe(want);
  });
});
