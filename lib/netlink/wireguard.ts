import {
  addressBytes,
  addressText,
  AF_INET,
  familyName,
  familyNumber,
  familyOf,
  formatPrefix,
  samePrefix,
  type Prefix,
} from './ip-address.js';
import { formatMark } from './element-parts.js';
import { NetlinkError, ERRNO } from './netlink-error.js';
import { SecretKey } from './secret-key.js';
import { GENERIC_HEADER_BYTES, genericFamily, genericHeader } from './wire/generic.js';
import { refusal } from './wire/listing.js';
import { attributes, attributesIn, type Message } from './wire/message-reader.js';
import { FLAG, MessageWriter } from './wire/message-writer.js';
import type { NetlinkSocket } from './wire/netlink-socket.js';
import { withSocket } from './wire/sockets.js';

/** A WireGuard device, as the kernel or wireguard-go has it. */
export interface WireGuardDevice {
  /** Undefined: it has none, and does nothing. */
  readonly privateKey: SecretKey | undefined;
  /** Of its UDP socket. */
  readonly listenPort: number;
  /** What the packets that it sends outside are marked with; 0: nothing. */
  readonly mark: number;
  /** By public key. */
  readonly peers: ReadonlyMap<string, WireGuardPeer>;
}

export interface WireGuardPeer {
  /** 32 bytes in base64. */
  readonly publicKey: string;
  /** Where it was heard last, or is said to be. */
  readonly endpoint: WireGuardEndpoint | undefined;
  /** 0: none. */
  readonly keepaliveSeconds: number;
  readonly allowedPrefixes: readonly Prefix[];
  /** On the wall clock; undefined: never. */
  readonly lastHandshakeMs: number | undefined;
  readonly receivedBytes: bigint;
  readonly sentBytes: bigint;
}

export interface WireGuardEndpoint {
  readonly address: string;
  readonly port: number;
}

/** What is to change of a device; what is undefined stays. */
export interface WireGuardChange {
  readonly privateKey?: SecretKey | undefined;
  readonly mark?: number | undefined;
  /** Of its UDP socket. */
  readonly listenPort?: number | undefined;
  /** In this order; a peer may stand twice. */
  readonly peers: readonly WireGuardPeerChange[];
}

export type WireGuardPeerChange =
  | { readonly kind: 'remove'; readonly publicKey: string }
  | {
      readonly kind: 'set';
      readonly publicKey: string;
      readonly endpoint?: WireGuardEndpoint | undefined;
      readonly keepaliveSeconds?: number | undefined;
      /** Instead of those that it has. */
      readonly allowedPrefixes?: readonly Prefix[] | undefined;
    };

/** linux/wireguard.h */
const FAMILY = 'wireguard';
const WG_CMD = { getDevice: 0, setDevice: 1 } as const;
const WGDEVICE = { name: 2, privateKey: 3, listenPort: 6, mark: 7, peers: 8 } as const;
const WGPEER = {
  publicKey: 1,
  flags: 3,
  endpoint: 4,
  keepalive: 5,
  lastHandshake: 6,
  receivedBytes: 7,
  sentBytes: 8,
  allowedIps: 9,
} as const;
const WGPEER_F = { removeMe: 1, replaceAllowedIps: 2 } as const;
const WGALLOWEDIP = { family: 1, address: 2, length: 3 } as const;
/** Elements of a list have no type of their own. */
const ELEMENT = 0;

const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;

/** Whether the kernel, with a module that it loads for it, does WireGuard. @throws NetlinkError */
export function hasWireGuard(namespace: string | undefined): boolean {
  return withSocket('generic', namespace, (socket) => genericFamily(socket, FAMILY) !== undefined);
}

/** The device of that name; undefined where there is none. @throws NetlinkError */
export function readWireGuardDevice(name: string, namespace: string | undefined): WireGuardDevice | undefined {
  return withSocket('generic', namespace, (socket) => {
    const family = genericFamily(socket, FAMILY);
    return family === undefined ? undefined : readDevice(socket, family, name);
  });
}

/** The same, where the family's number is known. */
export function readDevice(socket: NetlinkSocket, family: number, name: string): WireGuardDevice | undefined {
  const writer = new MessageWriter();
  const sequence = writer.message(family, FLAG.dump | FLAG.acknowledge, () => {
    writer.raw(genericHeader(WG_CMD.getDevice));
    writer.string(WGDEVICE.name, name);
  });
  const messages: Message[] = [];
  const { error } = socket.dump(writer.bytes, sequence, (message) => {
    // The buffer is that of the next receipt.
    messages.push({ ...message, body: Buffer.from(message.body) });
  });
  if (error?.errno === ERRNO.noDevice) return undefined;
  if (error !== undefined) throw refusal(`wg show ${name}`, error);
  return deviceIn(messages);
}

/**
 * Changes the device of that name; done when this returns.
 * @throws NetlinkError where the kernel refuses; then what came before has been done.
 */
export function changeWireGuardDevice(name: string, change: WireGuardChange, namespace: string | undefined): void {
  withSocket('generic', namespace, (socket) => {
    const family = genericFamily(socket, FAMILY);
    if (family === undefined) throw new NetlinkError(`wg set ${name}`, 'the kernel has no WireGuard');
    // A message for each, for an attribute has no more than 64 KiB.
    for (const write of writersOf(name, change)) {
      const writer = new MessageWriter();
      const sequence = write(writer, family);
      const refused = socket.acknowledged(writer.bytes, sequence).get(sequence);
      if (refused !== undefined) throw refusal(`wg set ${name}`, refused);
    }
  });
}

type Write = (writer: MessageWriter, family: number) => number;

/** Writers of the messages of a change, in their order. */
export function writersOf(name: string, { privateKey, mark, listenPort, peers }: WireGuardChange): readonly Write[] {
  const message =
    (body: (writer: MessageWriter) => void): Write =>
    (writer, family) =>
      writer.message(family, FLAG.acknowledge, () => {
        writer.raw(genericHeader(WG_CMD.setDevice));
        writer.string(WGDEVICE.name, name);
        body(writer);
      });
  const ofDevice = message((writer) => {
    if (privateKey !== undefined) writer.bytesAttribute(WGDEVICE.privateKey, privateKey.reveal());
    if (listenPort !== undefined) writer.u16(WGDEVICE.listenPort, listenPort);
    if (mark !== undefined) writer.u32(WGDEVICE.mark, mark);
  });
  return [
    ...(privateKey === undefined && mark === undefined && listenPort === undefined ? [] : [ofDevice]),
    ...peers.map((peer) =>
      message((writer) => {
        writer.nested(WGDEVICE.peers, () => {
          writer.nested(ELEMENT, () => {
            writePeer(writer, peer);
          });
        });
      }),
    ),
  ];
}

function writePeer(writer: MessageWriter, peer: WireGuardPeerChange): void {
  writer.bytesAttribute(WGPEER.publicKey, Buffer.from(peer.publicKey, 'base64'));
  if (peer.kind === 'remove') {
    writer.u32(WGPEER.flags, WGPEER_F.removeMe);
    return;
  }
  const { endpoint, keepaliveSeconds, allowedPrefixes } = peer;
  if (allowedPrefixes !== undefined) writer.u32(WGPEER.flags, WGPEER_F.replaceAllowedIps);
  if (endpoint !== undefined) writer.bytesAttribute(WGPEER.endpoint, socketAddress(endpoint));
  if (keepaliveSeconds !== undefined) writer.u16(WGPEER.keepalive, keepaliveSeconds);
  if (allowedPrefixes === undefined) return;
  writer.nested(WGPEER.allowedIps, () => {
    for (const { address, length } of allowedPrefixes) {
      writer.nested(ELEMENT, () => {
        writer.u16(WGALLOWEDIP.family, familyNumber(familyOf(address)));
        writer.bytesAttribute(WGALLOWEDIP.address, addressBytes(address));
        writer.u8(WGALLOWEDIP.length, length);
      });
    }
  });
}

/** A sockaddr_in or sockaddr_in6. */
function socketAddress({ address, port }: WireGuardEndpoint): Uint8Array {
  const family = familyNumber(familyOf(address));
  const bytes = Buffer.alloc(family === AF_INET ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES);
  bytes.writeUInt16LE(family, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(addressBytes(address), family === AF_INET ? 4 : 8);
  return bytes;
}

function endpointIn(bytes: Buffer | undefined): WireGuardEndpoint | undefined {
  if (bytes === undefined || bytes.length < SOCKADDR_IN_BYTES) return undefined;
  const port = bytes.readUInt16BE(2);
  if (bytes.readUInt16LE(0) === AF_INET) return { address: addressText(bytes.subarray(4, 8)), port };
  return bytes.length < SOCKADDR_IN6_BYTES ? undefined : { address: addressText(bytes.subarray(8, 24)), port };
}

/** What does not fit into one message comes in several, and a peer may be cut in two. */
function deviceIn(messages: readonly Message[]): WireGuardDevice {
  let [privateKey, listenPort, mark]: [SecretKey | undefined, number, number] = [undefined, 0, 0];
  const peers = new Map<string, WireGuardPeer>();
  for (const { body } of messages) {
    const fields = attributes(body, GENERIC_HEADER_BYTES);
    const key = fields.get(WGDEVICE.privateKey);
    if (key !== undefined) privateKey = SecretKey.fromBytes(key);
    listenPort = fields.get(WGDEVICE.listenPort)?.readUInt16LE() ?? listenPort;
    mark = fields.get(WGDEVICE.mark)?.readUInt32LE() ?? mark;
    for (const [, element] of attributesIn(fields.get(WGDEVICE.peers) ?? Buffer.alloc(0))) {
      const peer = peerIn(element);
      const begun = peers.get(peer.publicKey);
      peers.set(
        peer.publicKey,
        begun === undefined ? peer : { ...begun, allowedPrefixes: [...begun.allowedPrefixes, ...peer.allowedPrefixes] },
      );
    }
  }
  return { privateKey, listenPort, mark, peers };
}

function peerIn(bytes: Buffer): WireGuardPeer {
  const fields = attributes(bytes);
  const handshake = fields.get(WGPEER.lastHandshake);
  const handshakeMs =
    handshake === undefined || handshake.length < 16
      ? 0
      : Number(handshake.readBigInt64LE(0)) * 1_000 + Number(handshake.readBigInt64LE(8)) / 1e6;
  return {
    publicKey: (fields.get(WGPEER.publicKey) ?? Buffer.alloc(0)).toString('base64'),
    endpoint: endpointIn(fields.get(WGPEER.endpoint)),
    keepaliveSeconds: fields.get(WGPEER.keepalive)?.readUInt16LE() ?? 0,
    allowedPrefixes: [...attributesIn(fields.get(WGPEER.allowedIps) ?? Buffer.alloc(0))].flatMap(([, element]) => {
      const of = attributes(element);
      const [family, address, length] = [
        of.get(WGALLOWEDIP.family)?.readUInt16LE() ?? 0,
        of.get(WGALLOWEDIP.address),
        of.get(WGALLOWEDIP.length)?.readUInt8(),
      ];
      if (familyName(family) === undefined || address === undefined || length === undefined) return [];
      return [{ address: addressText(address), length }];
    }),
    lastHandshakeMs: handshakeMs === 0 ? undefined : handshakeMs,
    receivedBytes: fields.get(WGPEER.receivedBytes)?.readBigUInt64LE() ?? 0n,
    sentBytes: fields.get(WGPEER.sentBytes)?.readBigUInt64LE() ?? 0n,
  };
}

/** What a device is to be. Endpoints move with the peers, so only those that are to be set anew stand here. */
export interface WantedWireGuard {
  readonly privateKey: SecretKey;
  readonly mark: number;
  readonly peers: readonly (Pick<WireGuardPeer, 'publicKey' | 'keepaliveSeconds' | 'allowedPrefixes'> & {
    readonly endpoint: WireGuardEndpoint | undefined;
  })[];
}

/**
 * What leads from the one to the other, and no more: a device that is as it should be goes on without losing a packet;
 * undefined: nothing. A peer's endpoint is given where it has none yet.
 */
export function wireGuardChange(current: WireGuardDevice, wanted: WantedWireGuard): WireGuardChange | undefined {
  const wantedKeys = new Set(wanted.peers.map(({ publicKey }) => publicKey));
  const removed = [...current.peers.keys()]
    .filter((publicKey) => !wantedKeys.has(publicKey))
    .map((publicKey) => ({ kind: 'remove', publicKey }) as const);
  const set = wanted.peers.flatMap(({ publicKey, endpoint, keepaliveSeconds, allowedPrefixes }) => {
    const there = current.peers.get(publicKey);
    const change = {
      ...(there?.endpoint === undefined && endpoint !== undefined ? { endpoint } : {}),
      ...(there?.keepaliveSeconds === keepaliveSeconds ? {} : { keepaliveSeconds }),
      ...(there !== undefined && samePrefixes(there.allowedPrefixes, allowedPrefixes) ? {} : { allowedPrefixes }),
    };
    return there !== undefined && Object.keys(change).length === 0
      ? []
      : [{ kind: 'set', publicKey, ...change } as const];
  });
  const change = {
    ...(wanted.privateKey.equals(current.privateKey) ? {} : { privateKey: wanted.privateKey }),
    ...(wanted.mark === current.mark ? {} : { mark: wanted.mark }),
    // A prefix goes to the peer that names it last: those that give it up come first.
    peers: [...removed, ...set],
  };
  return change.peers.length === 0 && Object.keys(change).length === 1 ? undefined : change;
}

function samePrefixes(a: readonly Prefix[], b: readonly Prefix[]): boolean {
  return a.length === b.length && a.every((prefix) => b.some((other) => samePrefix(prefix, other)));
}

/** As the words of `wg set` after the name; the key is not among them. */
export function formatWireGuardChange({ privateKey, mark, listenPort, peers }: WireGuardChange): string {
  return [
    ...(listenPort === undefined ? [] : [`listen-port ${listenPort}`]),
    ...(mark === undefined ? [] : [`fwmark ${formatMark(mark)}`]),
    ...(privateKey === undefined ? [] : ['private-key (secret)']),
    ...peers.map((peer) => {
      if (peer.kind === 'remove') return `peer ${peer.publicKey} remove`;
      const { endpoint, keepaliveSeconds, allowedPrefixes } = peer;
      return [
        `peer ${peer.publicKey}`,
        ...(endpoint === undefined ? [] : [`endpoint ${formatWireGuardEndpoint(endpoint)}`]),
        ...(keepaliveSeconds === undefined ? [] : [`persistent-keepalive ${keepaliveSeconds}`]),
        ...(allowedPrefixes === undefined
          ? []
          : [
              `allowed-ips ${allowedPrefixes.map((each) => (each.length === 0 ? `${each.address}/0` : formatPrefix(each))).join(',')}`,
            ]),
      ].join(' ');
    }),
  ].join(' ');
}

/** `192.0.2.1:51820`, `[2001:db8::1]:51820` */
export function formatWireGuardEndpoint({ address, port }: WireGuardEndpoint): string {
  return familyOf(address) === 'inet6' ? `[${address}]:${port}` : `${address}:${port}`;
}
