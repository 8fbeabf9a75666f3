import type { AccessFlow } from '../index.js';

type Json = Record<string, unknown>;

/** An access list, a packet that begins a flow, and what becomes of it. */
export interface AccessCase {
  readonly what: string;
  /** ACEs as protobuf JSON. */
  readonly acls: readonly Json[];
  readonly flow: AccessFlow;
  /** `allowed 3`: by the entry with id 3; `dropped 3`; `refused`: by none. */
  readonly verdict: string;
}

/** Who is who for the cases: an app under examination, another one in its network instance, and two hosts outside. */
export const PLACES = {
  app: '10.77.0.2',
  neighbour: '10.77.0.3',
  server: '198.51.100.20',
  otherServer: '198.51.100.99',
  client: '203.0.113.5',
  /** Of a static DNS entry of the network instance. */
  staticHost: '198.51.100.99',
} as const;

/** What the DNS of the network instance has answered: `www.example.com` is the server. */
export const NAMES: Readonly<Record<string, string>> = {
  'www.example.com': PLACES.server,
  'example.org': PLACES.client,
};

/** Port maps that the cases use lead here. */
export const APP_PORT = 22;

const PROTOCOLS = { icmp: 1, tcp: 6, udp: 17 } as const;
type Protocol = keyof typeof PROTOCOLS;

const match = (type: string, value = ''): Json => ({ type, value });
const ip = (value: string): Json => match('ip', value);
const host = (value: string): Json => match('host', value);
const eidset = match('eidset');
const protocol = (value: string): Json => match('protocol', value);
const lport = (value: string): Json => match('lport', value);
const fport = (value: string): Json => match('fport', value);
const adapter = (value: string): Json => match('adapter', value);
const DROP = { drop: true };
const PORT_MAP = { portmap: true, appPort: APP_PORT };
const ace = (id: number, matches: readonly Json[], action?: Json, dir?: string): Json => ({
  id,
  matches,
  ...(action === undefined ? {} : { actions: [action] }),
  ...(dir === undefined ? {} : { dir }),
});
const ssh = (id: number, more: readonly Json[] = [], outside = '2222'): Json =>
  ace(id, [protocol('tcp'), lport(outside), ...more], PORT_MAP);

/** What the app sends; without a port of its own where that says nothing. */
const out = (name: Protocol, remoteAddress: string, remotePort?: number, localPort = 40_000): AccessFlow => ({
  direction: 'egress',
  protocol: PROTOCOLS[name],
  remoteAddress,
  remotePort: name === 'icmp' ? undefined : remotePort,
  localPort: name === 'icmp' ? undefined : localPort,
  portMap: undefined,
  portLabels: [],
});
/** What another app of the network instance sends to the app. */
const fromNeighbour = (name: Protocol, localPort?: number, remotePort = 40_000): AccessFlow => ({
  ...out(name, PLACES.neighbour, remotePort, localPort),
  direction: 'ingress',
});
/** What comes in by a port map, and by the port eth0. */
const mapped = (remoteAddress: string, externalPort: number, remotePort = 40_000): AccessFlow => ({
  direction: 'ingress',
  protocol: PROTOCOLS.tcp,
  remoteAddress,
  remotePort,
  localPort: APP_PORT,
  portMap: { externalPort },
  portLabels: ['eth0', 'all', 'uplink', 'freeuplink'],
});

const { neighbour, server, otherServer, client, staticHost } = PLACES;
const ALL = [ace(1, [ip('0.0.0.0/0')])];
const DOMAINS = [ace(1, [host('www.example.com')]), ace(2, [host('example.org')])];
const ENDPOINT = [ace(1, [ip(server), protocol('tcp'), fport('80')])];
const APPS = [ace(1, [eidset])];
const LIMITED = [ace(1, [host('www.example.com')], { limit: true, limitrate: 10, limitunit: 's', limitburst: 30 })];
const HTTPS = [ace(1, [protocol('tcp'), fport('443')])];

const cases = (
  what: string,
  acls: readonly Json[],
  flows: readonly (readonly [flow: AccessFlow, verdict: string])[],
): readonly AccessCase[] => flows.map(([flow, verdict]) => ({ what, acls, flow, verdict }));

/** The examples of EVE's documentation (docs/NETWORK-ACLS.md there), one verdict and more for each. */
export const EVE_EXAMPLES: readonly AccessCase[] = [
  ...cases('all IPv4', ALL, [
    [out('tcp', server, 443), 'allowed 1'],
    [out('udp', client, 53), 'allowed 1'],
    [out('icmp', otherServer), 'allowed 1'],
    [fromNeighbour('tcp', 80), 'allowed 1'],
  ]),
  ...cases(
    'SSH from outside',
    [ssh(1)],
    [
      [mapped(client, 2222), 'allowed 1'],
      [out('tcp', server, 22), 'refused'],
      [fromNeighbour('tcp', APP_PORT), 'refused'],
    ],
  ),
  ...cases(
    'SSH from outside by ports with a label',
    [ssh(1, [adapter('freeuplink')])],
    [[mapped(client, 2222), 'allowed 1']],
  ),
  ...cases('two domains', DOMAINS, [
    [out('tcp', server, 443), 'allowed 1'],
    [out('tcp', client, 443), 'allowed 2'],
    [out('tcp', otherServer, 443), 'refused'],
  ]),
  ...cases('one endpoint', ENDPOINT, [
    [out('tcp', server, 80), 'allowed 1'],
    [out('tcp', server, 81), 'refused'],
    [out('tcp', otherServer, 80), 'refused'],
    [out('udp', server, 80), 'refused'],
  ]),
  ...cases('apps of the same network', APPS, [
    [out('tcp', neighbour, 80), 'allowed 1'],
    [fromNeighbour('udp', 53), 'allowed 1'],
    [out('udp', staticHost, 53), 'allowed 1'],
    [out('tcp', server, 80), 'refused'],
  ]),
  ...cases('https to anywhere', HTTPS, [
    [out('tcp', server, 443), 'allowed 1'],
    [out('tcp', server, 80), 'refused'],
  ]),
  ...cases('a limited host', LIMITED, [
    [out('udp', server, 9), 'allowed 1'],
    [out('udp', client, 9), 'refused'],
  ]),
  ...cases(
    'ICMP only',
    [ace(1, [protocol('icmp')])],
    [
      [out('icmp', server), 'allowed 1'],
      [out('tcp', server, 80), 'refused'],
    ],
  ),
];

const SPLIT = [
  ace(7, [ip(server)], DROP),
  ace(8, [ip('198.51.100.0/24'), protocol('tcp'), fport('8000-8010')]),
  ace(9, [protocol('udp'), lport('5000:5010')]),
  ace(10, [ip('203.0.113.5/32')]),
];
const ONE_WAY = [
  ace(1, [protocol('tcp'), lport('80')], undefined, 'INGRESS'),
  ace(2, [protocol('tcp'), fport('80')], undefined, 'EGRESS'),
  ace(3, [protocol('udp')], DROP, 'INGRESS'),
  ace(4, [protocol('udp')]),
];
const NARROWED = [
  ssh(1, [ip('203.0.113.0/24')]),
  ssh(2, [ip('198.51.100.99')]),
  ssh(3, [adapter('wwan0')], '2223'),
  ssh(4, [adapter('eth0')], '2224'),
];

/** More of them: order, ANDed matches, ranges, directions, narrowed port maps, and what must not match. */
export const MORE_CASES: readonly AccessCase[] = [
  ...cases(
    'an empty list',
    [],
    [
      [out('tcp', server, 443), 'refused'],
      [out('icmp', server), 'refused'],
      [out('udp', neighbour, 53), 'refused'],
      [fromNeighbour('tcp', 80), 'refused'],
    ],
  ),
  ...cases(
    'an entry without matches',
    [ace(5, [])],
    [
      [out('tcp', server, 1), 'allowed 5'],
      [out('icmp', neighbour), 'allowed 5'],
      [fromNeighbour('udp', 65_535), 'allowed 5'],
    ],
  ),
  ...cases('an entry without matches that drops', [ace(5, [], DROP), ...ALL], [[out('tcp', server, 1), 'dropped 5']]),
  ...cases('the first that matches, drop, prefixes, ranges', SPLIT, [
    [out('tcp', server, 8005), 'dropped 7'],
    [out('icmp', server), 'dropped 7'],
    [out('tcp', otherServer, 8000), 'allowed 8'],
    [out('tcp', otherServer, 8010), 'allowed 8'],
    [out('tcp', otherServer, 7999), 'refused'],
    [out('tcp', otherServer, 8011), 'refused'],
    [out('udp', otherServer, 8005), 'refused'],
    [out('udp', otherServer, 9, 5000), 'allowed 9'],
    [out('udp', otherServer, 9, 5010), 'allowed 9'],
    [out('udp', otherServer, 9, 5011), 'refused'],
    [out('udp', otherServer, 9, 4999), 'refused'],
    [out('udp', server, 9, 5005), 'dropped 7'],
    [out('udp', client, 9, 5005), 'allowed 9'],
    [out('udp', client, 9, 5011), 'allowed 10'],
    [out('icmp', client), 'allowed 10'],
    [fromNeighbour('udp', 5005), 'allowed 9'],
    [fromNeighbour('udp', 5011), 'refused'],
  ]),
  ...cases('one direction only', ONE_WAY, [
    [fromNeighbour('tcp', 80), 'allowed 1'],
    [fromNeighbour('tcp', 81, 80), 'refused'],
    [out('tcp', server, 80), 'allowed 2'],
    [out('tcp', server, 81, 80), 'refused'],
    [fromNeighbour('udp', 9), 'dropped 3'],
    [out('udp', server, 9), 'allowed 4'],
    [out('icmp', server), 'refused'],
  ]),
  ...cases('port maps, narrowed', NARROWED, [
    [mapped(client, 2222), 'allowed 1'],
    [mapped(otherServer, 2222), 'allowed 2'],
    [mapped(server, 2222), 'refused'],
    [mapped(client, 2224), 'allowed 4'],
    [out('tcp', client, 2222), 'refused'],
    [out('tcp', client, 9, APP_PORT), 'refused'],
  ]),
  ...cases(
    'a drop before a port map',
    [ace(1, [ip(client)], DROP), ssh(2)],
    [
      [mapped(client, 2222), 'dropped 1'],
      [mapped(server, 2222), 'allowed 2'],
    ],
  ),
  ...cases(
    "an entry for the app's own port, and a port map",
    [ace(1, [protocol('tcp'), lport('22')]), ssh(2)],
    [
      [mapped(client, 2222), 'allowed 1'],
      [fromNeighbour('tcp', 22), 'allowed 1'],
      [fromNeighbour('tcp', 2222), 'refused'],
    ],
  ),
  ...cases(
    'an adapter without a port map',
    [ace(1, [adapter('eth0')]), ssh(2, [], '2225')],
    [
      [mapped(client, 2225), 'allowed 1'],
      [out('tcp', server, 80), 'refused'],
      [fromNeighbour('tcp', 80), 'refused'],
    ],
  ),
  ...cases(
    'a name, narrowed',
    [ace(1, [host('example.com'), protocol('tcp'), fport('443')])],
    [
      [out('tcp', server, 443), 'allowed 1'],
      [out('tcp', server, 80), 'refused'],
      [out('udp', server, 443), 'refused'],
      [out('tcp', client, 443), 'refused'],
    ],
  ),
  ...cases(
    'names in other forms',
    [ace(1, [host('EXAMPLE.com.')]), ace(2, [host('ple.org')])],
    [
      [out('tcp', server, 443), 'allowed 1'],
      [out('tcp', client, 443), 'refused'],
    ],
  ),
  ...cases(
    'apps of the network, narrowed',
    [ace(1, [eidset, protocol('TCP'), fport('80')]), ace(2, [eidset, ip(staticHost)])],
    [
      [out('tcp', neighbour, 80), 'allowed 1'],
      [out('tcp', neighbour, 81), 'refused'],
      [out('udp', staticHost, 81), 'allowed 2'],
      [out('tcp', server, 80), 'refused'],
    ],
  ),
  ...cases(
    'protocols by number',
    [ace(1, [protocol('17')]), ace(2, [protocol('1')], DROP), ace(3, [protocol('all')])],
    [
      [out('udp', server, 9), 'allowed 1'],
      [out('icmp', server), 'dropped 2'],
      [out('tcp', server, 9), 'allowed 3'],
    ],
  ),
  ...cases(
    'IPv6 prefixes match nothing of IPv4',
    [ace(1, [ip('::/0')]), ace(2, [ip('2001:db8::1')], DROP)],
    [[out('tcp', server, 443), 'refused']],
  ),
  ...cases(
    'a prefix with host bits',
    [ace(1, [ip('198.51.100.77/25')])],
    [
      [out('tcp', otherServer, 443), 'allowed 1'],
      [out('tcp', server, 443), 'allowed 1'],
      [out('tcp', client, 443), 'refused'],
    ],
  ),
  ...cases(
    'every port',
    [ace(1, [protocol('udp'), fport('0-65535'), lport('0-65535')])],
    [
      [out('udp', server, 1), 'allowed 1'],
      [out('udp', server, 65_535), 'allowed 1'],
      [out('icmp', server), 'refused'],
    ],
  ),
  ...cases(
    'both ports',
    [ace(1, [protocol('udp'), fport('9'), lport('5000')])],
    [
      [out('udp', server, 9, 5000), 'allowed 1'],
      [out('udp', server, 9, 5001), 'refused'],
      [out('udp', server, 10, 5000), 'refused'],
      [fromNeighbour('udp', 5000, 9), 'allowed 1'],
      [fromNeighbour('udp', 9, 5000), 'refused'],
    ],
  ),
];
