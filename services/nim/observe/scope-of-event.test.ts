import { describe, expect, it } from '@jest/globals';

import type { KernelEvent } from '../../../lib/netlink/index.js';
import { nothing, type ReadScope } from './read-scope.js';
import { scopeOfEvent } from './scope-of-event.js';

const watched = new Map([
  ['eth0', { link: { index: 2101 } }],
  ['wwan0', { link: undefined }],
]);

function inWords(scope: ReadScope): string {
  if (scope === nothing) return 'nothing';
  return [
    scope.links.size > 0 ? `links ${[...scope.links].join()}` : '',
    scope.addresses.size > 0 ? `addresses ${[...scope.addresses].join()}` : '',
    scope.routes ? 'routes' : '',
    scope.dnsServers ? 'name servers' : '',
  ]
    .filter((part) => part !== '')
    .join('; ');
}

type Parts<Kind extends KernelEvent['kind']> = Partial<Extract<KernelEvent, { readonly kind: Kind }>>;

const link = (index: number, name: string, parts: Parts<'link'> = {}): KernelEvent => {
  return { kind: 'link', index, name, isGone: false, ...parts };
};
const address = (linkIndex: number, parts: Parts<'address'> = {}): KernelEvent => {
  return { kind: 'address', linkIndex, family: 'inet', isGone: false, ...parts };
};
/** Of the main table. */
const route = (linkIndex: number | undefined, parts: Parts<'route'> = {}): KernelEvent => {
  return { kind: 'route', table: 254, family: 'inet', protocol: 16, linkIndex, isGone: false, ...parts };
};

const renewed = (name: string) => `links ${name}; addresses ${name}; routes`;

describe('scopeOfEvent', () => {
  it.each<[string, KernelEvent, string]>([
    ['a link changed', link(2101, 'eth0'), 'links eth0'],
    ['a link went', link(2101, 'eth0', { isGone: true }), renewed('eth0')],
    ['another link of the name went', link(2107, 'eth0', { isGone: true }), renewed('eth0')],
    ['the name came under another index', link(2107, 'eth0'), renewed('eth0')],
    ['the index came under another name', link(2101, 'lan0'), renewed('eth0')],
    ['the index took the name of another port', link(2101, 'wwan0'), renewed('eth0,wwan0')],
    ['a missing link came', link(9, 'wwan0'), renewed('wwan0')],
    ["another's link changed", link(12, 'bn3'), 'nothing'],
    ["another's link went", link(12, 'veth7', { isGone: true }), 'nothing'],
    ['a link whose name only begins as a port', link(12, 'eth01'), 'nothing'],
    ['an address came', address(2101), 'links eth0; addresses eth0'],
    ['an address went', address(2101, { isGone: true }), 'links eth0; addresses eth0'],
    ['an IPv6 address came', address(2101, { family: 'inet6' }), 'nothing'],
    ['an IPv6 address went', address(2101, { family: 'inet6', isGone: true }), 'nothing'],
    ["another's address came", address(12), 'nothing'],
    ['a route came', route(2101), 'routes'],
    ['a route went', route(2101, { isGone: true }), 'routes'],
    ['a route of a table of somebody else', route(2101, { table: 77 }), 'routes'],
    ['a route of the table below those of ports', route(2101, { table: 499 }), 'routes'],
    ['a route of the first table of ports', route(2101, { table: 500 }), 'nothing'],
    ["a route of a port's table", route(2101, { table: 501 }), 'nothing'],
    ['a route of the last table of ports', route(2101, { table: 599 }), 'nothing'],
    ['a route of the table above those of ports', route(2101, { table: 600 }), 'routes'],
    ['a route by several ways', route(undefined), 'routes'],
    ["a route by several ways of a port's table", route(undefined, { table: 501 }), 'nothing'],
    ['an unreachable default', route(undefined, { isGone: true }), 'routes'],
    ["another's route", route(12), 'nothing'],
    ['a route that the kernel makes of an address', route(2101, { protocol: 2 }), 'nothing'],
    ['a local route', route(2101, { table: 255, protocol: 2 }), 'nothing'],
    ['a local route that went', route(2101, { table: 255, protocol: 2, isGone: true }), 'nothing'],
    ['an IPv6 route', route(2101, { family: 'inet6' }), 'nothing'],
  ])('%s', (_what, event, want) => {
    expect(inWords(scopeOfEvent(event, watched))).toBe(want);
  });
});
