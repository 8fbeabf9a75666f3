import { AF_INET, ipv4Bytes } from './addresses.js';
import { FLAG, type MessageWriter } from './message-writer.js';
import { FRA, HEADER, NDA, RTA, RTM, largestTableInHeader } from './rtnetlink.js';

/** One change, ready to be written. */
export interface NetlinkCommand {
  /** The link whose index `write` is to be given; undefined: none. */
  readonly dev: string | undefined;
  /** Writes the request and answers its sequence number. */
  readonly write: (writer: MessageWriter, linkIndex: number) => number;
}

interface Prefix {
  readonly address: Uint8Array | undefined;
  readonly length: number;
}

const FR_ACT = { toTable: 1, unreachable: 7 } as const;
const RT_SCOPE = { universe: 0, link: 253, nowhere: 255 } as const;
const RTN_UNICAST = 1;
const RTNH_F_ONLINK = 4;
const NTF_USE = 1;

/** The change that these words of `ip` stand for; undefined where netlink is not taught to make it. */
export function netlinkCommand(command: readonly string[]): NetlinkCommand | undefined {
  const [object, action, ...rest] = command;
  switch (`${object ?? ''} ${action ?? ''}`) {
    case 'rule add':
      return ruleCommand(RTM.newRule, FLAG.create | FLAG.exclusive, rest);
    case 'rule del':
      return ruleCommand(RTM.deleteRule, 0, rest);
    case 'route replace':
      return routeCommand(RTM.newRoute, FLAG.create | FLAG.replace, rest);
    case 'route del':
      return routeCommand(RTM.deleteRoute, 0, rest);
    case 'neigh replace':
      return neighbourCommand(rest);
    default:
      return undefined;
  }
}

/** `pref N [from PREFIX] [fwmark MARK/MASK] [oif NAME] lookup TABLE | unreachable protocol N` */
function ruleCommand(type: number, flags: number, words: readonly string[]): NetlinkCommand | undefined {
  const isUnreachable = words.includes('unreachable');
  const keys = keyed(words.filter((word) => word !== 'unreachable'));
  if (keys === undefined) return undefined;
  const { pref, from, fwmark, oif, lookup, protocol, ...unknown } = keys;
  const [priority, table, owner] = [numberIn(pref), numberIn(lookup), numberIn(protocol)];
  const source = from === undefined ? { address: undefined, length: 0 } : prefixIn(from);
  const mark = fwmark === undefined ? [] : fwmark.split('/').map(numberIn);
  if (priority === undefined || owner === undefined || source === undefined) return undefined;
  if (Object.keys(unknown).length > 0 || isUnreachable === (table !== undefined)) return undefined;
  if (fwmark !== undefined && (mark.length !== 2 || mark.includes(undefined))) return undefined;
  return {
    dev: undefined,
    write: (writer) =>
      writer.message(type, flags | FLAG.acknowledge, () => {
        const header = Buffer.alloc(HEADER.rule);
        header.writeUInt8(AF_INET, 0);
        header.writeUInt8(source.length, 2);
        header.writeUInt8(tableInHeader(table ?? 0), 4);
        header.writeUInt8(isUnreachable ? FR_ACT.unreachable : FR_ACT.toTable, 7);
        writer.raw(header);
        writer.u32(FRA.priority, priority);
        if (source.address !== undefined) writer.bytesAttribute(FRA.source, source.address);
        const [value, mask] = mark;
        if (value !== undefined) writer.u32(FRA.mark, value);
        if (mask !== undefined) writer.u32(FRA.mask, mask);
        if (oif !== undefined) writer.string(FRA.outputInterface, oif);
        if (table !== undefined && table > largestTableInHeader) writer.u32(FRA.table, table);
        writer.u8(FRA.protocol, owner);
      }),
  };
}

/** `default | PREFIX [via GATEWAY] dev NAME [src ADDRESS] table TABLE proto N [onlink]` */
function routeCommand(type: number, flags: number, words: readonly string[]): NetlinkCommand | undefined {
  const [destination = '', ...rest] = words;
  const isOnLink = rest.includes('onlink');
  const keys = keyed(rest.filter((word) => word !== 'onlink'));
  const prefix = destination === 'default' ? { address: undefined, length: 0 } : prefixIn(destination);
  if (keys === undefined || prefix === undefined) return undefined;
  const { via, dev, src, table: tableText, proto, ...unknown } = keys;
  const [table, owner] = [numberIn(tableText), numberIn(proto)];
  const [gateway, source] = [addressIn(via), addressIn(src)];
  if (table === undefined || owner === undefined || dev === undefined) return undefined;
  if (gateway === 'wrong' || source === 'wrong' || Object.keys(unknown).length > 0) return undefined;
  const isNew = type === RTM.newRoute;
  const scope = gateway === undefined ? RT_SCOPE.link : RT_SCOPE.universe;
  return {
    dev,
    write: (writer, linkIndex) =>
      writer.message(type, flags | FLAG.acknowledge, () => {
        const header = Buffer.alloc(HEADER.route);
        header.writeUInt8(AF_INET, 0);
        header.writeUInt8(prefix.length, 1);
        header.writeUInt8(tableInHeader(table), 4);
        header.writeUInt8(owner, 5);
        header.writeUInt8(isNew ? scope : RT_SCOPE.nowhere, 6);
        header.writeUInt8(isNew ? RTN_UNICAST : 0, 7);
        header.writeUInt32LE(isOnLink ? RTNH_F_ONLINK : 0, 8);
        writer.raw(header);
        if (prefix.address !== undefined) writer.bytesAttribute(RTA.destination, prefix.address);
        if (gateway !== undefined) writer.bytesAttribute(RTA.gateway, gateway);
        if (source !== undefined) writer.bytesAttribute(RTA.preferredSource, source);
        writer.u32(RTA.outputInterface, linkIndex);
        if (table > largestTableInHeader) writer.u32(RTA.table, table);
      }),
  };
}

/** `ADDRESS dev NAME use`: the kernel looks for the neighbour as if there were a packet for it. */
function neighbourCommand([address = '', key, dev, use, ...rest]: readonly string[]): NetlinkCommand | undefined {
  const bytes = ipv4Bytes(address);
  if (bytes === undefined || key !== 'dev' || dev === undefined || use !== 'use' || rest.length > 0) return undefined;
  return {
    dev,
    write: (writer, linkIndex) =>
      writer.message(RTM.newNeighbour, FLAG.create | FLAG.replace | FLAG.acknowledge, () => {
        const header = Buffer.alloc(HEADER.neighbour);
        header.writeUInt8(AF_INET, 0);
        header.writeInt32LE(linkIndex, 4);
        header.writeUInt8(NTF_USE, 10);
        writer.raw(header);
        writer.bytesAttribute(NDA.destination, bytes);
      }),
  };
}

/** Pairs of a key and its value; undefined where they are none, or a key comes twice. */
function keyed(words: readonly string[]): Readonly<Record<string, string | undefined>> | undefined {
  const pairs = new Map<string, string>();
  for (let index = 0; index < words.length; index += 2) {
    const [key, value] = [words[index], words[index + 1]];
    if (key === undefined || value === undefined || pairs.has(key)) return undefined;
    pairs.set(key, value);
  }
  return Object.fromEntries(pairs);
}

/** Up to 32 bits, decimal or hexadecimal. */
function numberIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text)) return undefined;
  const value = Number(text);
  return value <= 0xffff_ffff ? value : undefined;
}

function addressIn(text: string | undefined): Uint8Array | undefined | 'wrong' {
  return text === undefined ? undefined : (ipv4Bytes(text) ?? 'wrong');
}

function prefixIn(text: string): Prefix | undefined {
  const [, address = '', length = '32'] = /^([\d.]+)(?:\/(\d{1,2}))?$/.exec(text) ?? [];
  const bytes = ipv4Bytes(address);
  return bytes === undefined || Number(length) > 32 ? undefined : { address: bytes, length: Number(length) };
}

function tableInHeader(table: number): number {
  return table > largestTableInHeader ? 0 : table;
}
