import { describe, expect, it } from '@jest/globals';

import { formatChange, type Link, type LinkAddress } from '../../../lib/netlink/index.js';
import { ownerAlias, switchAlias } from '../apply/ownership.js';
import type { DesiredSwitch } from '../desired/switches.js';
import { bridgeChanges, joinPort, removals, takenName, uplinkChanges, type Uplink } from './switch-links.js';

const NI = 'ni-1';
const SWITCH: DesiredSwitch = {
  ...{ niId: NI, number: 7, bridge: 'bn7', macAddress: '02:16:3e:06:00:07', mtu: 0, forwardsLldp: false },
  port: { interfaceName: 'eth0' },
  apps: [],
};

const link = (name: string, index: number, more: Partial<Link> = {}): Link => ({
  ...{ name, index, isUp: true, hasLowerUp: true, isNotRunning: false, operState: 'up', mtu: 1500 },
  ...{ macAddress: '02:00:00:00:00:01', alias: undefined, masterIndex: undefined, kind: undefined },
  ...more,
});
const BRIDGE = link('bn7', 7, {
  ...{ kind: 'bridge', alias: switchAlias(NI), macAddress: SWITCH.macAddress, forwardsLldp: false },
});
const ETH0 = link('eth0', 1);
const BR0 = link('br0', 2, { kind: 'bridge' });
const address = (text: string): LinkAddress => ({
  ...{ linkIndex: 1, family: text.includes(':') ? 'inet6' : 'inet', address: text, prefixLength: 24 },
  ...{ scope: 'global', validLifetimeSeconds: Infinity, isDynamic: false, isTentative: false, isDeprecated: false },
});
const texts = (changes: ReturnType<typeof removals>) => changes.map(formatChange);
const none: ReadonlySet<string> = new Set();
const patch: Uplink = { kind: 'patch', inside: 'sn7', outside: 'sh7', hostBridge: 'br0' };
const end = (name: string, index: number, more: Partial<Link> = {}) =>
  link(name, index, { kind: 'veth', alias: switchAlias(NI), ...more });

describe('joining a port to a switch', () => {
  it.each<[string, Partial<DesiredSwitch>, readonly Link[], readonly LinkAddress[], Uplink | undefined]>([
    ['none', { port: undefined }, [ETH0], [], undefined],
    ['an interface without addresses', {}, [ETH0], [], { kind: 'member', interfaceName: 'eth0' }],
    ['one with its link-local address', {}, [ETH0], [address('fe80::1')], { kind: 'member', interfaceName: 'eth0' }],
    [
      'one that is in it already',
      {},
      [{ ...ETH0, masterIndex: 7 }, BRIDGE],
      [],
      { kind: 'member', interfaceName: 'eth0' },
    ],
    ['a bridge of the host with addresses', { port: { interfaceName: 'br0' } }, [BR0], [address('192.0.2.9')], patch],
  ])('%s', (_what, more, links, addresses, expected) => {
    expect(joinPort({ ...SWITCH, ...more }, { links, addresses }, none)).toEqual(expected);
  });

  it.each<[string, readonly Link[], readonly LinkAddress[], ReadonlySet<string>, RegExp]>([
    ['it is not there', [], [], none, /no such interface/],
    ['it has an address', [ETH0], [address('192.0.2.9')], none, /addresses of the host \(192\.0\.2\.9\/24\)/],
    ['it has an address of IPv6', [ETH0], [address('2001:db8::9')], none, /addresses of the host/],
    ['the host has it in a bridge', [{ ...ETH0, masterIndex: 2 }, BR0], [], none, /member of br0, which is the host's/],
    ['another switch has it', [ETH0], [], new Set(['eth0']), /another switch/],
    ['it is point to point', [{ ...ETH0, macAddress: undefined }], [], none, /no Ethernet/],
    ['it is a VRF', [{ ...ETH0, kind: 'vrf' }], [], none, /no Ethernet frames \(vrf\)/],
    ['it is ours', [{ ...ETH0, kind: 'bridge', alias: ownerAlias('x') }], [], none, /bridge of a network instance/],
  ])('is refused with what to do where %s', (_what, links, addresses, claimed, detail) => {
    const problem = joinPort(SWITCH, { links, addresses }, claimed);
    expect(problem).toMatchObject({ kind: 'port', subject: 'eth0', detail: expect.stringMatching(detail) as unknown });
    expect(problem).toMatchObject({ remedy: expect.stringMatching(/.{10}/) as unknown });
  });
});

describe('the links of a switch', () => {
  it.each<[string, readonly Link[], readonly string[], readonly string[]]>([
    [
      'are made where there are none, with who was in it before',
      [link('app1', 9), link('app2', 10, { masterIndex: 2 })],
      ['app1', 'app2'],
      [
        'link add bn7 address 02:16:3e:06:00:07 type bridge group_fwd_mask 0',
        `link set dev bn7 alias ${switchAlias(NI)}`,
        'link set dev app1 master bn7',
      ],
    ],
    ['stay where they are as they are to be', [BRIDGE], [], []],
    [
      'get the alias that they lack',
      [{ ...BRIDGE, alias: undefined }],
      [],
      [`link set dev bn7 alias ${switchAlias(NI)}`],
    ],
    [
      'get LLDP as it is to be',
      [{ ...BRIDGE, forwardsLldp: true }],
      [],
      ['link set dev bn7 type bridge group_fwd_mask 0'],
    ],
  ])('%s', (_what, links, orphans, expected) => {
    expect(texts(bridgeChanges(SWITCH, links, orphans))).toEqual(expected);
  });

  it.each<[string, Uplink | undefined, readonly Link[], ReadonlySet<string>, readonly string[]]>([
    [
      'take in the port',
      { kind: 'member', interfaceName: 'eth0' },
      [BRIDGE, ETH0],
      none,
      ['link set dev eth0 master bn7'],
    ],
    ['have it already', { kind: 'member', interfaceName: 'eth0' }, [BRIDGE, { ...ETH0, masterIndex: 7 }], none, []],
    [
      'let go of a former port',
      undefined,
      [BRIDGE, { ...ETH0, masterIndex: 7 }],
      new Set(['eth0']),
      ['link set dev eth0 nomaster'],
    ],
    [
      'leave a former port where the host has put it',
      undefined,
      [BRIDGE, BR0, { ...ETH0, masterIndex: 2 }],
      new Set(['eth0']),
      [],
    ],
    ['leave apps in', undefined, [BRIDGE, link('app1', 9, { masterIndex: 7 })], new Set(['eth0']), []],
    [
      'lead into a bridge of the host',
      patch,
      [BRIDGE, BR0],
      none,
      [
        'link add sn7 type veth peer name sh7',
        `link set dev sn7 alias ${switchAlias(NI)}`,
        `link set dev sh7 alias ${switchAlias(NI)}`,
        'link set dev sn7 master bn7',
        'link set dev sh7 master br0',
        'link set dev sn7 up',
        'link set dev sh7 up',
      ],
    ],
    [
      'lead there already',
      patch,
      [BRIDGE, BR0, end('sn7', 11, { masterIndex: 7 }), end('sh7', 12, { masterIndex: 2 })],
      none,
      [],
    ],
    [
      'lead there no more',
      undefined,
      [BRIDGE, BR0, end('sn7', 11, { masterIndex: 7 }), end('sh7', 12)],
      new Set(['sn7']),
      ['link del sn7'],
    ],
  ])('%s', (_what, uplink, links, former, expected) => {
    expect(texts(uplinkChanges(SWITCH, uplink, links, former))).toEqual(expected);
  });

  it('go with their network instance, and no others', () => {
    const other = end('sn8', 13, { alias: switchAlias('ni-2') });
    const links = [BRIDGE, ETH0, BR0, other, link('bn1', 14, { kind: 'bridge', alias: ownerAlias('ni-3') })];
    expect(texts(removals([SWITCH], links))).toEqual(['link del sn8']);
    expect(texts(removals([], links))).toEqual(['link del bn7', 'link del sn8']);
    // Of a network instance that had the number before.
    expect(texts(removals([{ ...SWITCH, niId: 'ni-9' }], [BRIDGE]))).toEqual(['link del bn7']);
  });

  it.each<[string, readonly Link[], string | undefined]>([
    ['nobody', [BRIDGE, ETH0, end('sn7', 11)], undefined],
    ['nobody, of what was about to get its alias', [{ ...BRIDGE, alias: undefined }], undefined],
    ["somebody's bridge", [{ ...BRIDGE, alias: 'lan', macAddress: '02:00:00:00:00:09' }], 'bn7'],
    ["somebody's interface", [link('sh7', 11)], 'sh7'],
  ])('have their names taken by %s', (_what, links, taken) => {
    expect(takenName(SWITCH, links)).toBe(taken);
  });
});
