import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { tcpFlowIn } from './conntrack-entry.js';
import { addressBytes } from './ip-address.js';
import { eventIn } from './kernel-events.js';
import { readLink, readLinks } from './link.js';
import { readAddresses } from './link-address.js';
import { readNeighbour, readNeighbours } from './neighbour.js';
import { readChainsDigest } from './nft-chains.js';
import { readRoutes } from './route.js';
import { readRules } from './rule.js';
import { readSetElements } from './set-element.js';
import { kernelThatAnswers, messageOf } from './testing.js';
import type { MessageWriter } from './wire/message-writer.js';
import { FRA, HEADER, IFA, IFLA, IFLA_INFO_KIND, NDA, RTA, RTM } from './wire/rtnetlink.js';

/** A fixed header: so many bytes, some of which are not zero. */
function header(length: number, fields: Readonly<Record<number, number>>): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const [offset, value] of Object.entries(fields)) bytes[Number(offset)] = value;
  return bytes;
}

type Attributes = (writer: MessageWriter) => void;
const nothing: Attributes = () => undefined;

describe('links', () => {
  const link = (fields: Readonly<Record<number, number>>, attributes: Attributes) =>
    messageOf(RTM.newLink, (writer) => {
      writer.raw(header(HEADER.link, fields));
      attributes(writer);
    });

  const bridge = link({ 4: 2, 8: 0x43, 10: 0x01 }, (writer) => {
    writer.string(IFLA.name, 'bn1');
    writer.u32(IFLA.mtu, 1_500);
    writer.u8(IFLA.operState, 6);
    writer.bytesAttribute(IFLA.address, Buffer.from('826c8a5618e2', 'hex'));
    writer.string(IFLA.alias, 'ni one');
    writer.nested(IFLA.linkInfo, () => {
      writer.string(IFLA_INFO_KIND, 'bridge');
    });
  });
  const port = link({ 4: 3 }, (writer) => {
    writer.string(IFLA.name, 'v0');
    writer.u32(IFLA.master, 2);
  });

  it('are a bridge and a port of it', () => {
    expect(readLinks(kernelThatAnswers([bridge, port]))).toEqual([
      {
        index: 2,
        name: 'bn1',
        isUp: true,
        hasLowerUp: true,
        isNotRunning: false,
        operState: 'up',
        mtu: 1_500,
        macAddress: '82:6c:8a:56:18:e2',
        alias: 'ni one',
        masterIndex: undefined,
        kind: 'bridge',
      },
      {
        index: 3,
        name: 'v0',
        isUp: false,
        hasLowerUp: false,
        isNotRunning: false,
        operState: 'unknown',
        mtu: 0,
        macAddress: undefined,
        alias: undefined,
        masterIndex: 2,
        kind: undefined,
      },
    ]);
  });

  it.each([
    ['up with all', 0x43, 0x01, { isUp: true, hasLowerUp: true, isNotRunning: false }],
    ['up, not running yet', 0x03, 0x01, { isUp: true, hasLowerUp: true, isNotRunning: true }],
    ['up without carrier', 0x03, 0x00, { isUp: true, hasLowerUp: false, isNotRunning: true }],
    ['down', 0x02, 0x00, { isUp: false, hasLowerUp: false, isNotRunning: false }],
  ])('%s', (_, low, high, expected) => {
    const message = link({ 8: low, 10: high }, (writer) => {
      writer.string(IFLA.name, 'eth0');
    });
    expect(readLink(kernelThatAnswers([message]), 'eth0')).toMatchObject(expected);
  });

  it('are left out where they have no name, or the message is of another kind', () => {
    expect(readLinks(kernelThatAnswers([link({}, nothing), bridge, { ...port, type: RTM.newRoute }]))).toHaveLength(1);
  });
});

describe('addresses', () => {
  const decode = (fields: Readonly<Record<number, number>>, attributes: Attributes) =>
    readAddresses(
      kernelThatAnswers([
        messageOf(RTM.newAddress, (writer) => {
          writer.raw(header(HEADER.address, { 4: 2, ...fields }));
          attributes(writer);
        }),
      ]),
    );
  const local =
    (address: string, validSeconds?: number): Attributes =>
    (writer) => {
      writer.bytesAttribute(IFA.local, addressBytes(address));
      if (validSeconds === undefined) return;
      const times = Buffer.alloc(16);
      times.writeUInt32LE(validSeconds, 4);
      writer.bytesAttribute(IFA.cacheInfo, times);
    };

  it.each([
    [
      'a lease',
      { 0: 2, 1: 24 },
      local('192.0.2.7', 300),
      { validLifetimeSeconds: 300, isDynamic: true, scope: 'global' },
    ],
    [
      'one for ever',
      { 0: 2, 2: 0x80 },
      local('192.0.2.7', 0xffff_ffff),
      { validLifetimeSeconds: Infinity, isDynamic: false },
    ],
    ['one without times', { 0: 2, 2: 0x80 }, local('192.0.2.7'), { validLifetimeSeconds: Infinity }],
    [
      'a link-local one',
      { 0: 10, 1: 64, 2: 0x80, 3: 253 },
      local('fe80::1'),
      { family: 'inet6', scope: 'link', address: 'fe80::1' },
    ],
    ['a tentative one', { 0: 10, 2: 0x40 }, local('fe80::1'), { isTentative: true, isDeprecated: false }],
    ['a duplicate', { 0: 10, 2: 0x08 }, local('fe80::1'), { isTentative: true }],
    ['a deprecated one', { 0: 10, 2: 0x20 }, local('fe80::1'), { isTentative: false, isDeprecated: true }],
    ['one of the host', { 0: 2, 3: 254 }, local('127.0.0.1'), { scope: 'host' }],
    ['one of a site', { 0: 10, 3: 200 }, local('fec0::1'), { scope: 'site' }],
    ['one of an odd scope', { 0: 2, 3: 77 }, local('192.0.2.7'), { scope: 'other' }],
    [
      'one of two ends',
      { 0: 2, 1: 32 },
      (writer: MessageWriter) => {
        writer.bytesAttribute(IFA.address, addressBytes('203.0.113.2'));
        writer.bytesAttribute(IFA.local, addressBytes('203.0.113.1'));
      },
      { address: '203.0.113.1' },
    ],
    [
      'flags that have no room in the header',
      { 0: 10, 2: 0x80 },
      (writer: MessageWriter) => {
        writer.bytesAttribute(IFA.address, addressBytes('fd00::1'));
        writer.u32(IFA.flags, 0x120);
      },
      { address: 'fd00::1', isDynamic: true, isDeprecated: true },
    ],
  ])('%s', (_, fields, attributes, expected) => {
    expect(decode(fields, attributes)).toEqual([expect.objectContaining({ linkIndex: 2, ...expected })]);
  });

  it.each([
    ['of no IP family', { 0: 7 }, local('192.0.2.7')],
    ['without an address', { 0: 2 }, nothing],
  ])('one %s is left out', (_, fields, attributes) => {
    expect(decode(fields, attributes)).toEqual([]);
  });
});

describe('routes', () => {
  const decode = (fields: Readonly<Record<number, number>>, attributes: Attributes) =>
    readRoutes(
      kernelThatAnswers([
        messageOf(RTM.newRoute, (writer) => {
          writer.raw(header(HEADER.route, { 0: 2, ...fields }));
          attributes(writer);
        }),
        // Names of links are asked for with the same socket.
        messageOf(RTM.newLink, (writer) => {
          writer.raw(header(HEADER.link, { 4: 7 }));
          writer.string(IFLA.name, 'eth0');
        }),
      ]),
    );

  it.each([
    [
      'a default route of DHCP',
      { 4: 254, 5: 16, 7: 1 },
      (writer: MessageWriter) => {
        writer.bytesAttribute(RTA.gateway, addressBytes('10.8.0.2'));
        writer.u32(RTA.priority, 50);
      },
      {
        destination: { address: '0.0.0.0', length: 0 },
        type: 'unicast',
        gateway: '10.8.0.2',
        table: 254,
        protocol: 16,
        metric: 50,
        isDead: false,
      },
    ],
    [
      'an unreachable one in a large table',
      { 4: 252, 5: 177, 7: 7 },
      (writer: MessageWriter) => {
        writer.u32(RTA.table, 501);
      },
      { type: 'unreachable', table: 501, protocol: 177, metric: 0, dev: undefined, nextHops: [] },
    ],
    [
      'a gateway of the other family',
      { 7: 1 },
      (writer: MessageWriter) => {
        writer.bytesAttribute(RTA.via, Buffer.concat([Buffer.from([10, 0]), addressBytes('fe80::1')]));
      },
      { gateway: 'fe80::1' },
    ],
    [
      'IPv6',
      { 0: 10, 1: 64, 7: 1 },
      (writer: MessageWriter) => {
        writer.bytesAttribute(RTA.destination, addressBytes('2001:db8::'));
      },
      { family: 'inet6', destination: { address: '2001:db8::', length: 64 } },
    ],
    ['the default of IPv6', { 0: 10, 7: 1 }, nothing, { destination: { address: '::', length: 0 } }],
    ['a link without carrier', { 7: 1, 8: 16 }, nothing, { isDead: true }],
    ['a link that is down', { 7: 1, 8: 1 }, nothing, { isDead: true }],
    ['a gateway that is taken to be there', { 7: 1, 8: 4 }, nothing, { isOnLink: true, isDead: false }],
    [
      'an address to leave with',
      { 7: 1 },
      (writer: MessageWriter) => {
        writer.bytesAttribute(RTA.preferredSource, addressBytes('192.0.2.2'));
      },
      { source: '192.0.2.2' },
    ],
    ['a type that we do not know', { 7: 200 }, nothing, { type: 'none' }],
    [
      'several ways',
      { 7: 1 },
      (writer: MessageWriter) => {
        writer.bytesAttribute(
          RTA.multipath,
          Buffer.from('100000010700000008000500' + '0a000001' + '0800000408000000', 'hex'),
        );
      },
      {
        gateway: undefined,
        dev: undefined,
        nextHops: [
          { gateway: '10.0.0.1', dev: undefined, isOnLink: false },
          { gateway: undefined, dev: undefined, isOnLink: false },
        ],
      },
    ],
  ])('%s', (_, fields, attributes, expected) => {
    expect(decode(fields, attributes)).toEqual([expect.objectContaining(expected)]);
  });

  it.each([
    ['of the cache', { 7: 1, 9: 2 }],
    ['for a type of service', { 3: 0x10, 7: 1 }],
    ['of no IP family', { 0: 28 }],
  ])('one %s is left out', (_, fields) => {
    expect(decode(fields, nothing)).toEqual([]);
  });

  it('are chosen before they are read', () => {
    const message = messageOf(RTM.newRoute, (writer) => {
      writer.raw(header(HEADER.route, { 0: 2, 1: 24, 4: 254, 5: 229, 7: 1 }));
    });
    const asked: unknown[] = [];
    const routes = readRoutes(kernelThatAnswers([message]), (headerOf) => asked.push(headerOf) < 0);
    expect(routes).toEqual([]);
    expect(asked).toEqual([{ family: 'inet', type: 'unicast', table: 254, protocol: 229 }]);
  });
});

describe('rules', () => {
  const decode = (fields: Readonly<Record<number, number>>, attributes: Attributes) =>
    readRules(
      kernelThatAnswers([
        messageOf(RTM.newRule, (writer) => {
          writer.raw(header(HEADER.rule, { 0: 2, 7: 1, ...fields }));
          writer.u32(FRA.priority, 9);
          attributes(writer);
        }),
      ]),
    );

  it.each([
    [
      'all that can be said',
      { 2: 24 },
      (writer: MessageWriter) => {
        writer.bytesAttribute(FRA.source, addressBytes('10.1.0.0'));
        writer.u32(FRA.mark, 0x100);
        writer.u32(FRA.mask, 0xff00);
        writer.string(FRA.inputInterface, 'bn1');
        writer.string(FRA.outputInterface, 'lo');
        writer.u32(FRA.table, 501);
        writer.u32(FRA.suppressPrefixLength, 0xffff_ffff);
        writer.u8(FRA.protocol, 177);
      },
      {
        from: { address: '10.1.0.0', length: 24 },
        mark: { value: 0x100, mask: 0xff00 },
        inputInterface: 'bn1',
        outputInterface: 'lo',
        action: { kind: 'lookup', table: 501 },
        protocol: 177,
      },
    ],
    [
      'a table in the header',
      { 4: 254 },
      nothing,
      { from: undefined, mark: undefined, action: { kind: 'lookup', table: 254 }, protocol: 0 },
    ],
    [
      'unreachable',
      { 2: 32, 7: 7 },
      (writer: MessageWriter) => {
        writer.bytesAttribute(FRA.source, addressBytes('10.1.1.1'));
      },
      { from: { address: '10.1.1.1', length: 32 }, action: { kind: 'unreachable' } },
    ],
    [
      'a table whose short prefixes do not count',
      { 4: 254 },
      (writer: MessageWriter) => {
        writer.u32(FRA.suppressPrefixLength, 0);
      },
      { action: { kind: 'lookup', table: 254, suppressPrefixLength: 0 } },
    ],
    ['blackhole', { 7: 6 }, nothing, { action: { kind: 'blackhole' } }],
    ['prohibit', { 7: 8 }, nothing, { action: { kind: 'prohibit' } }],
    [
      'a mark without a mask',
      {},
      (writer: MessageWriter) => {
        writer.u32(FRA.mark, 5);
      },
      { mark: { value: 5, mask: 0xffff_ffff } },
    ],
    [
      'a mask without a mark',
      {},
      (writer: MessageWriter) => {
        writer.u32(FRA.mask, 0xff);
      },
      { mark: { value: 0, mask: 0xff } },
    ],
  ])('%s', (_, fields, attributes, expected) => {
    expect(decode(fields, attributes)).toEqual([expect.objectContaining({ preference: 9, ...expected })]);
  });

  it.each<[string, Readonly<Record<number, number>>, Attributes]>([
    ['not', { 8: 2 }, nothing],
    ['a destination', { 1: 24 }, nothing],
    ['a type of service', { 3: 0x10 }, nothing],
    ['goto without a target', { 7: 2 }, nothing],
    ['nop', { 7: 3 }, nothing],
    [
      'a suppressed group',
      {},
      (writer) => {
        writer.u32(13, 0);
      },
    ],
    [
      'l3mdev',
      {},
      (writer) => {
        writer.u8(19, 1);
      },
    ],
    [
      'a range of users',
      {},
      (writer) => {
        writer.bytesAttribute(20, new Uint8Array(8));
      },
    ],
    [
      'a protocol of IP',
      {},
      (writer) => {
        writer.u8(22, 6);
      },
    ],
    [
      'ports',
      {},
      (writer) => {
        writer.bytesAttribute(24, new Uint8Array(4));
      },
    ],
    [
      'a tunnel',
      {},
      (writer) => {
        writer.bytesAttribute(12, new Uint8Array(8));
      },
    ],
  ])('one with %s belongs to others, and is left out', (_, fields, attributes) => {
    expect(decode(fields, attributes)).toEqual([]);
  });
});

describe('neighbours', () => {
  const neighbour = (state: number, attributes: Attributes) =>
    messageOf(RTM.newNeighbour, (writer) => {
      writer.raw(header(HEADER.neighbour, { 0: 2, 4: 5, 8: state }));
      attributes(writer);
    });
  const known: Attributes = (writer) => {
    writer.bytesAttribute(NDA.destination, addressBytes('192.0.2.1'));
    writer.bytesAttribute(NDA.linkAddress, Buffer.from('020000000001', 'hex'));
  };

  it.each([
    ['incomplete', 0x01, 'silent'],
    ['reachable', 0x02, 'known'],
    ['stale', 0x04, 'known'],
    ['failed', 0x20, 'silent'],
    ['permanent', 0x80, 'known'],
  ])('%s', (_, state, expected) => {
    const socket = kernelThatAnswers([neighbour(state, known)]);
    const linkAddress = Uint8Array.from([2, 0, 0, 0, 0, 1]);
    expect(readNeighbours(socket)).toEqual([{ linkIndex: 5, address: '192.0.2.1', linkAddress, state: expected }]);
    expect(readNeighbour(socket, 5, '192.0.2.1')).toMatchObject({ state: expected });
  });

  it('is undefined where the kernel knows of none, and left out without an address', () => {
    expect(readNeighbour(kernelThatAnswers([]), 5, '192.0.2.1')).toBeUndefined();
    expect(readNeighbours(kernelThatAnswers([neighbour(2, nothing)]))).toEqual([]);
  });
});

describe('events', () => {
  it.each([
    [
      'a link',
      RTM.newLink,
      header(HEADER.link, { 4: 7 }),
      (writer: MessageWriter) => {
        writer.string(IFLA.name, 'eth0');
      },
      { kind: 'link', index: 7, name: 'eth0', isGone: false },
    ],
    [
      'a link that went',
      RTM.deleteLink,
      header(HEADER.link, { 4: 7 }),
      (writer: MessageWriter) => {
        writer.string(IFLA.name, 'eth0');
      },
      { kind: 'link', index: 7, name: 'eth0', isGone: true },
    ],
    [
      "a bridge's use of a port",
      RTM.deleteLink,
      header(HEADER.link, { 0: 7, 4: 7 }),
      (writer: MessageWriter) => {
        writer.string(IFLA.name, 'eth0');
      },
      undefined,
    ],
    ['a link without a name', RTM.newLink, header(HEADER.link, { 4: 7 }), nothing, undefined],
    [
      'an address',
      RTM.newAddress,
      header(HEADER.address, { 0: 2, 4: 7 }),
      nothing,
      { kind: 'address', linkIndex: 7, family: 'inet', isGone: false },
    ],
    [
      'an address that went',
      RTM.deleteAddress,
      header(HEADER.address, { 0: 10, 4: 7 }),
      nothing,
      { kind: 'address', linkIndex: 7, family: 'inet6', isGone: true },
    ],
    [
      'a default route',
      RTM.newRoute,
      header(HEADER.route, { 0: 2, 4: 254, 5: 16 }),
      (writer: MessageWriter) => {
        writer.u32(RTA.outputInterface, 7);
      },
      { kind: 'route', table: 254, family: 'inet', protocol: 16, linkIndex: 7, isGone: false },
    ],
    [
      'a route of a large table that went',
      RTM.deleteRoute,
      header(HEADER.route, { 0: 2, 1: 24, 4: 252, 5: 16 }),
      (writer: MessageWriter) => {
        writer.u32(RTA.table, 501);
      },
      { kind: 'route', table: 501, family: 'inet', protocol: 16, linkIndex: undefined, isGone: true },
    ],
    ['an address of no IP family', RTM.newAddress, header(HEADER.address, { 0: 7 }), nothing, undefined],
    ['a route of no IP family', RTM.newRoute, header(HEADER.route, { 0: 28 }), nothing, undefined],
    ['a neighbour', RTM.newNeighbour, header(HEADER.neighbour, { 0: 2 }), nothing, undefined],
  ])('%s', (_, type, head, attributes, expected) => {
    const message = messageOf(type, (writer) => {
      writer.raw(head);
      attributes(writer);
    });
    expect(eventIn(message)).toEqual(expected);
  });
});

function nameOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'name' in error ? error.name : error;
}

describe('every decoder', () => {
  const types = [...Object.values(RTM), 0x0a03, 0x0a06, 0x0a0d, 0x0100];
  const place = { family: 'inet', table: 't', set: 's' } as const;
  const elementTypes = { key: ['ifname', 'mark'], value: ['ipv4_addr', 'inet_service'] } as const;

  it('takes any bytes, and refuses them by no other error than its own', () => {
    const attribute = fc
      .tuple(fc.integer({ min: 0, max: 40 }), fc.uint8Array({ maxLength: 24 }), fc.integer({ min: -3, max: 3 }))
      .map(([type, value, wrong]) => {
        const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
        bytes.writeUInt16LE(Math.max(0, 4 + value.length + wrong), 0);
        bytes.writeUInt16LE(type, 2);
        bytes.set(value, 4);
        return bytes;
      });
    const body = fc
      .tuple(fc.uint8Array({ maxLength: 16 }), fc.array(attribute, { maxLength: 6 }))
      .map(([head, attributes]) => Buffer.concat([head, ...attributes]));
    const message = fc.record({
      type: fc.constantFrom(...types),
      flags: fc.integer({ min: 0, max: 0xffff }),
      sequence: fc.nat(),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        body,
      ),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 3 }), (messages) => {
        const kernel = kernelThatAnswers(messages);
        const decoders: readonly (() => unknown)[] = [
          () => readLinks(kernel),
          () => readLink(kernel, 'eth0'),
          () => readAddresses(kernel),
          () => readRoutes(kernel),
          () => readRules(kernel),
          () => readNeighbours(kernel),
          () => readSetElements(kernel, place, elementTypes, 0),
          () => readChainsDigest(kernel, place),
          ...messages.flatMap((one) => [() => eventIn(one), () => tcpFlowIn(one)]),
        ];
        for (const decode of decoders) {
          try {
            decode();
          } catch (error) {
            // Of Node's own realm, which is not that of a test.
            expect(['RangeError', 'NetlinkError']).toContain(nameOf(error));
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
