import {
  formatWireGuardEndpoint,
  SecretKey,
  type Prefix,
  type WireGuardChange,
  type WireGuardDevice,
  type WireGuardEndpoint,
  type WireGuardPeer,
} from '../netlink/index.js';

/*
 * The text protocol of WireGuard's implementations outside the kernel (wireguard.com/xplatform): lines KEY=VALUE, keys
 * in hexadecimal, an empty line at the end.
 */

/** The request that changes a device. It holds the private key, and is for the socket only. */
export function formatUapiChange({ privateKey, mark, listenPort, peers }: WireGuardChange): string {
  return [
    'set=1',
    ...(privateKey === undefined ? [] : [`private_key=${Buffer.from(privateKey.reveal()).toString('hex')}`]),
    ...(listenPort === undefined ? [] : [`listen_port=${listenPort}`]),
    ...(mark === undefined ? [] : [`fwmark=${mark}`]),
    ...peers.flatMap((peer) => {
      const key = `public_key=${Buffer.from(peer.publicKey, 'base64').toString('hex')}`;
      if (peer.kind === 'remove') return [key, 'remove=true'];
      const { endpoint, keepaliveSeconds, allowedPrefixes } = peer;
      return [
        key,
        ...(endpoint === undefined ? [] : [`endpoint=${formatWireGuardEndpoint(endpoint)}`]),
        ...(keepaliveSeconds === undefined ? [] : [`persistent_keepalive_interval=${keepaliveSeconds}`]),
        ...(allowedPrefixes === undefined
          ? []
          : [
              'replace_allowed_ips=true',
              ...allowedPrefixes.map(({ address, length }) => `allowed_ip=${address}/${length}`),
            ]),
      ];
    }),
    '\n',
  ].join('\n');
}

/** What a device answers to `get=1`, without the empty line. Keys that are not known are passed over. */
export function parseUapiDevice(text: string): WireGuardDevice {
  let [privateKey, listenPort, mark]: [SecretKey | undefined, number, number] = [undefined, 0, 0];
  const peers: PeerFields[] = [];
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at < 0) continue;
    const [key, value] = [line.slice(0, at), line.slice(at + 1)];
    const peer = peers.at(-1);
    if (key === 'public_key') peers.push({ publicKey: Buffer.from(value, 'hex').toString('base64'), prefixes: [] });
    else if (peer !== undefined) takePeerField(peer, key, value);
    else if (key === 'private_key') privateKey = SecretKey.fromBytes(Buffer.from(value, 'hex'));
    else if (key === 'listen_port') listenPort = Number(value);
    else if (key === 'fwmark') mark = Number(value);
  }
  return { privateKey, listenPort, mark, peers: new Map(peers.map((peer) => [peer.publicKey, peerOf(peer)])) };
}

interface PeerFields {
  readonly publicKey: string;
  readonly prefixes: Prefix[];
  endpoint?: WireGuardEndpoint;
  keepaliveSeconds?: number;
  handshakeSeconds?: number;
  handshakeNanoseconds?: number;
  receivedBytes?: bigint;
  sentBytes?: bigint;
}

function takePeerField(peer: PeerFields, key: string, value: string): void {
  switch (key) {
    case 'endpoint': {
      const [, bracketed, plain = '', port = ''] = /^(?:\[(.*)\]|([^[\]]*)):(\d+)$/.exec(value) ?? [];
      if (port !== '') peer.endpoint = { address: bracketed ?? plain, port: Number(port) };
      return;
    }
    case 'persistent_keepalive_interval':
      peer.keepaliveSeconds = Number(value);
      return;
    case 'last_handshake_time_sec':
      peer.handshakeSeconds = Number(value);
      return;
    case 'last_handshake_time_nsec':
      peer.handshakeNanoseconds = Number(value);
      return;
    case 'rx_bytes':
      peer.receivedBytes = BigInt(value);
      return;
    case 'tx_bytes':
      peer.sentBytes = BigInt(value);
      return;
    case 'allowed_ip': {
      const [address = '', length = ''] = value.split('/');
      peer.prefixes.push({ address, length: Number(length) });
      return;
    }
    default:
      return;
  }
}

function peerOf(fields: PeerFields): WireGuardPeer {
  const handshakeMs = (fields.handshakeSeconds ?? 0) * 1_000 + Math.floor((fields.handshakeNanoseconds ?? 0) / 1e6);
  return {
    publicKey: fields.publicKey,
    endpoint: fields.endpoint,
    keepaliveSeconds: fields.keepaliveSeconds ?? 0,
    allowedPrefixes: fields.prefixes,
    lastHandshakeMs: handshakeMs === 0 ? undefined : handshakeMs,
    receivedBytes: fields.receivedBytes ?? 0n,
    sentBytes: fields.sentBytes ?? 0n,
  };
}
