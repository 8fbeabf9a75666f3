import fc from 'fast-check';

import type { AccessFlow } from '../index.js';
import { APP_PORT, PLACES } from './cases.js';

type Json = Record<string, unknown>;

const PORTS = [22, 53, 80, 443, 2222, 5000] as const;
const port = fc.constantFrom(...PORTS);
const portText = fc.oneof(
  port.map(String),
  fc.tuple(port, fc.nat(600), fc.constantFrom('-', ':')).map(([first, more, sign]) => `${first}${sign}${first + more}`),
);
const remote = fc.constantFrom(PLACES.neighbour, PLACES.server, PLACES.otherServer, PLACES.client);
const some = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

const network = fc.oneof(
  fc.constantFrom('0.0.0.0/0', '::/0', '198.51.100.0/24', '198.51.100.64/26', '10.77.0.0/30'),
  remote,
  fc.tuple(remote, fc.nat(32)).map(([address, length]) => `${address}/${length}`),
);
const whom = fc.oneof(
  fc.constant([]),
  fc
    .constantFrom('example.com', 'WWW.example.com', 'example.org', 'org', 'nothing.example')
    .map((value) => [{ type: 'host', value }]),
  fc.constant([{ type: 'eidset' }]),
);
const onPorts = fc
  .tuple(fc.constantFrom('tcp', 'udp', '6', '17'), some(portText), some(portText))
  .map(([protocol, lport, fport]) => [
    { type: 'protocol', value: protocol },
    ...(lport === undefined ? [] : [{ type: 'lport', value: lport }]),
    ...(fport === undefined ? [] : [{ type: 'fport', value: fport }]),
  ]);
const what = fc.oneof(
  fc.constant([]),
  fc.constantFrom('icmp', '1', 'all').map((value) => [{ type: 'protocol', value }]),
  onPorts,
);
const action = fc.constantFrom<Json[]>([], [{}], [{ drop: true }], [{ limit: true, limitrate: 5, limitunit: 's' }]);

const entry: fc.Arbitrary<Json> = fc
  .record({
    ip: some(network),
    whom,
    what,
    adapter: fc.option(fc.constantFrom('eth0', 'wwan0', 'uplink'), { nil: undefined, freq: 8 }),
    actions: action,
    dir: fc.constantFrom('BOTH', 'BOTH', 'INGRESS', 'EGRESS'),
  })
  .map(({ ip, whom: named, what: which, adapter, actions, dir }) => ({
    matches: [
      ...which,
      ...(ip === undefined ? [] : [{ type: 'ip', value: ip }]),
      ...named,
      ...(adapter === undefined ? [] : [{ type: 'adapter', value: adapter }]),
    ],
    actions,
    dir,
  }));

/** One port map, narrowed or not: several could clash. */
const portMap: fc.Arbitrary<Json> = some(network).map((ip) => ({
  matches: [
    { type: 'protocol', value: 'tcp' },
    { type: 'lport', value: '2222' },
    ...(ip === undefined ? [] : [{ type: 'ip', value: ip }]),
  ],
  actions: [{ portmap: true, appPort: APP_PORT }],
}));

/** Access lists of up to eight entries that the product takes, as protobuf JSON. */
export const aclsArbitrary: fc.Arbitrary<readonly Json[]> = fc
  .tuple(fc.array(entry, { maxLength: 7 }), some(portMap), fc.nat(7))
  .map(([entries, mapped, place]) => (mapped === undefined ? entries : entries.toSpliced(place, 0, mapped)))
  .map((entries) => entries.map((each, index) => ({ ...each, id: index + 1 })));

const direct: fc.Arbitrary<AccessFlow> = fc
  .record({
    direction: fc.constantFrom('egress' as const, 'ingress' as const),
    protocol: fc.constantFrom(1, 6, 17),
    remoteAddress: remote,
    remotePort: port,
    localPort: port,
  })
  .map((flow) => ({
    ...flow,
    // Nothing comes in from outside but by a port map.
    remoteAddress: flow.direction === 'ingress' ? PLACES.neighbour : flow.remoteAddress,
    remotePort: flow.protocol === 1 ? undefined : flow.remotePort,
    localPort: flow.protocol === 1 ? undefined : flow.localPort,
    portMap: undefined,
    portLabels: [],
  }));
const mapped: fc.Arbitrary<AccessFlow> = fc
  .record({ remoteAddress: fc.constantFrom(PLACES.server, PLACES.otherServer, PLACES.client), remotePort: port })
  .map((flow) => ({
    ...flow,
    direction: 'ingress',
    protocol: 6,
    localPort: APP_PORT,
    portMap: { externalPort: 2222 },
    portLabels: ['eth0', 'all', 'uplink', 'freeuplink'],
  }));

/** First packets that the lab of the cases can send. */
export const flowArbitrary: fc.Arbitrary<AccessFlow> = fc.oneof({ weight: 3, arbitrary: direct }, mapped);
