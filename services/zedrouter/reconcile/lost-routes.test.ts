import { expect, it } from '@jest/globals';

import { DEAD_END_TABLE, portTable } from '../../../lib/dataplane-layout/index.js';
import type { Dataplane } from '../desired/dataplane.js';
import type { PortFacts } from '../desired/inputs.js';
import { deadEndRoutes } from '../desired/routes.js';
import { routeKey, routeVia } from '../../../lib/netlink/index.js';
import { withoutLostRoutes } from './lost-routes.js';

const facts = (label: string, changes: Partial<PortFacts> = {}): PortFacts => ({
  ...{ label, interfaceName: label, link: 'up', sourceAddress: '192.0.2.10', routes: [], gateways: [], dnsServers: [] },
  ...{ addresses: [{ address: '192.0.2.10', prefixLength: 24, isDeprecated: false }], mtu: 1500 },
  ...changes,
});
const [eth0, wwan0] = [facts('eth0'), facts('wwan0')];
const ofTable = routeVia({
  ...{ table: portTable(1), destination: { address: '192.0.2.0', length: 24 }, dev: 'eth0', protocol: 229 },
});
const routes = [...deadEndRoutes([eth0, wwan0].map((each, index) => ({ number: index + 1, facts: each }))), ofTable];
const current = { routes: new Map(routes.map((route) => [routeKey(route), route])) } as unknown as Dataplane;
const before = new Map([eth0, wwan0].map((each) => [each.label, each]));

it.each<[string, PortFacts, readonly string[]]>([
  ['nothing has changed', eth0, ['eth0', 'wwan0']],
  ['it is told anew', facts('eth0'), ['eth0', 'wwan0']],
  ['other name servers', facts('eth0', { dnsServers: ['192.0.2.53'] }), ['eth0', 'wwan0']],
  ['no address', facts('eth0', { addresses: [] }), ['wwan0']],
  ['no carrier', facts('eth0', { link: 'no-carrier' }), ['wwan0']],
])('%s: whose dead ends are known to be there', (_what, now, devs) => {
  const known = withoutLostRoutes(current, before, new Map([...before, [now.label, now]]));
  const deadEnds = [...known.routes.values()].filter(({ table }) => table === DEAD_END_TABLE);
  expect(deadEnds.map(({ dev }) => dev)).toEqual(devs);
  expect([...known.routes.values()]).toContain(ofTable);
});

it('knows as much as before where nothing was known of ports', () => {
  expect(withoutLostRoutes(current, undefined, before)).toBe(current);
});
