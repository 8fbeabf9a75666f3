import { randomInt } from 'node:crypto';
import type { RemoteInfo, Socket } from 'node:dgram';

import { systemClock } from '../clock/index.js';
import { libc } from '../libc/index.js';
import { canonicalAddress, familyOf } from './addresses.js';
import { openSocket } from './open-socket.js';
import { asSocketError, errorCode, SocketError } from './socket-error.js';
import { requireIpv6Source } from './source-address.js';
import { ipHeaderBytes, TrafficTally, type Traffic } from './traffic.js';
import { adoptDatagram } from './udp.js';
import type { IpFamily, Limits, Uplink } from './uplink.js';
import { within, type Settle } from './within.js';

/** RFC 792, RFC 4443 */
const types = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;
const HEADER_BYTES = 8;
const SEQUENCE_AT = 6;
const MSG_ERRQUEUE = 0x2000;
/** The kernel sets identifier and checksum and ignores the port, but Node refuses 0. */
const ANY_PORT = 1;

/** An answer to an echo request. */
export interface EchoReply {
  readonly latencyMs: number;
  readonly traffic: Traffic;
}

interface Waiting {
  readonly address: string;
  readonly settle: Settle<number>;
}

/**
 * A socket for echo requests (ping) over this port and no other. Close it.
 * @throws SocketError EACCES where the kernel permits no ping sockets (permitPing), and as openSocket does
 */
export function openPing(uplink: Uplink, family: IpFamily): PingSocket {
  return new PingSocket(uplink, family);
}

/**
 * Several requests may be on their way at the same time, to the same or to different hosts; answers are matched by
 * sequence and sender.
 */
export class PingSocket {
  readonly #uplink: Uplink;
  readonly #family: IpFamily;
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #sequence = randomInt(0x10000);
  #isOpen = true;

  constructor(uplink: Uplink, family: IpFamily) {
    this.#uplink = uplink;
    this.#family = family;
    this.#fd = openSocket(uplink, family, 'ping');
    this.#socket = adoptDatagram(this.#fd, family);
    this.#socket.on('message', (bytes, sender) => {
      this.#onMessage(bytes, sender);
    });
    this.#socket.on('error', (error) => {
      this.#fail(error);
    });
  }

  /**
   * One echo request (28 bytes at IP level each way, 48 with IPv6; and `dataBytes` of zeros), and its answer.
   * @throws SocketError (a rejection): ETIMEDOUT, EHOSTUNREACH (a router says so, or nobody answers ARP), ENETUNREACH,
   * EMSGSIZE (larger than what the path takes), ABORT_ERR
   */
  async echo(
    address: string,
    { dataBytes = 0, ...limits }: Limits & { readonly dataBytes?: number },
  ): Promise<EchoReply> {
    const tally = new TrafficTally();
    const bytes = ipHeaderBytes[this.#family] + HEADER_BYTES + dataBytes;
    const sequence = this.#nextSequence();
    const begunMs = systemClock.monotonicMs();
    try {
      const answeredMs = await within<number>(limits, (settle) => {
        if (!this.#isOpen) throw new SocketError('EBADF', 'the ping socket is closed');
        if (familyOf(address) !== this.#family) throw new SocketError('EINVAL', `the socket is of IPv${this.#family}`);
        if (this.#family === 6) requireIpv6Source(this.#uplink, address);
        this.#waiting.set(sequence, { address: canonicalAddress(address), settle });
        this.#send({ sequence, address, dataBytes }, settle, () => {
          tally.sent(bytes);
        });
      });
      tally.received(bytes);
      return { latencyMs: answeredMs - begunMs, traffic: tally.total };
    } catch (error) {
      throw asSocketError(error, `echo request to ${address} over ${this.#uplink.interfaceName}`, tally.total);
    } finally {
      this.#waiting.delete(sequence);
    }
  }

  /** Whoever still waits hears ABORT_ERR. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#socket.close();
    for (const { settle } of this.#waiting.values())
      settle.reject(new SocketError('ABORT_ERR', 'the ping socket was closed'));
  }

  #nextSequence(): number {
    do {
      this.#sequence = (this.#sequence + 1) % 0x10000;
    } while (this.#waiting.has(this.#sequence));
    return this.#sequence;
  }

  #send(
    {
      sequence,
      address,
      dataBytes,
    }: { readonly sequence: number; readonly address: string; readonly dataBytes: number },
    { reject }: Settle<number>,
    onSent: () => void,
  ): void {
    const request = Buffer.alloc(HEADER_BYTES + dataBytes);
    request.writeUInt8(types[this.#family].request, 0);
    request.writeUInt16BE(sequence, SEQUENCE_AT);
    this.#socket.send(request, ANY_PORT, address, (error) => {
      if (error === null) onSent();
      else reject(error);
    });
  }

  #onMessage(bytes: Buffer, { address }: RemoteInfo): void {
    if (bytes.length < HEADER_BYTES || bytes.readUInt8(0) !== types[this.#family].reply) return;
    const waiting = this.#waiting.get(bytes.readUInt16BE(SEQUENCE_AT));
    if (waiting?.address !== canonicalAddress(address)) return;
    waiting.settle.resolve(systemClock.monotonicMs());
  }

  /** The kernel keeps the requests that errors are about; one that nobody reads would wake the event loop for ever. */
  #fail(error: Error): void {
    // A redirect: the router has passed the request on, and says how it could go more directly.
    const isHarmless = errorCode(error) === 'EREMOTEIO';
    const request = Buffer.alloc(HEADER_BYTES);
    let blamed = 0;
    while (libc().recv(this.#fd, request, request.length, MSG_ERRQUEUE) >= HEADER_BYTES) {
      blamed += 1;
      if (!isHarmless) this.#waiting.get(request.readUInt16BE(SEQUENCE_AT))?.settle.reject(error);
    }
    // Not about a request, so about the socket itself.
    if (blamed === 0) for (const { settle } of this.#waiting.values()) settle.reject(error);
  }
}
