import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { monotonicMs } from '../monotonic.js';
import { findLosses, firstSentAt, type Losses } from './outages.js';
import { PacketBook } from './packet-book.js';
import { startPacing, type Pacing } from './pacing.js';

export interface UdpStreamSpec {
  readonly address: string;
  readonly port: number;
  /** 0.2 and up. Below 1 ms answers are read when the next packet is due. */
  readonly intervalMs: number;
  /** Of a datagram's payload; default 64, at least 8. */
  readonly sizeBytes?: number;
}

/** Where the server saw packets come from, in order of first appearance. */
export interface SourceSeen {
  readonly address: string;
  readonly answered: number;
  readonly firstSentMs: number;
  readonly lastSentMs: number;
}

export interface UdpStreamReport extends Losses {
  readonly sources: readonly SourceSeen[];
  /** Errors of the socket by code: an ICMP "unreachable" arrives as one. */
  readonly errors: Readonly<Record<string, number>>;
  /** The longest pause of the sender itself: finer than this the report cannot be. */
  readonly longestSendGapMs: number;
  /** Mean of all answered packets. */
  readonly meanRoundTripMs: number;
}

/** After so long without an answer, a packet counts as lost. No path of the lab is slower. */
const GRACE_MS = 300;

/** A stream of numbered datagrams to an echo server; it knows of each whether it was answered. */
export class UdpStream {
  readonly #socket: Socket;
  readonly #book = new PacketBook();
  readonly #payload: Buffer;
  readonly #errors = new Map<string, number>();
  #pacing: Pacing | undefined;
  #roundTripSumMs = 0;
  #answered = 0;

  private constructor(socket: Socket, sizeBytes: number) {
    this.#socket = socket;
    this.#payload = Buffer.alloc(sizeBytes);
  }

  /** Connects and begins to send. */
  static async start(spec: UdpStreamSpec): Promise<UdpStream> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    const stream = new UdpStream(socket, Math.max(8, spec.sizeBytes ?? 64));
    socket.on('message', (message) => {
      stream.#onMessage(message);
    });
    socket.on('error', (error) => {
      stream.#note(error);
    });
    socket.connect(spec.port, spec.address);
    await once(socket, 'connect');
    stream.#pacing = startPacing(spec.intervalMs, () => {
      stream.#send();
    });
    return stream;
  }

  /**
   * Waits until every packet sent by `untilMs` is answered or lost; then tells what became of those sent within
   * [sinceMs, untilMs].
   */
  async finalReport(sinceMs: number, untilMs: number): Promise<UdpStreamReport> {
    await sleep(Math.max(0, untilMs + GRACE_MS - monotonicMs()));
    return this.report(sinceMs, untilMs);
  }

  /**
   * What became of the packets sent within [sinceMs, untilMs]; default: all. Those of the last 300 ms that have no
   * answer yet, and all after the first such one, are left out.
   */
  report(sinceMs = 0, untilMs = Number.POSITIVE_INFINITY): UdpStreamReport {
    const nowMs = monotonicMs();
    return {
      ...findLosses(this.#book, { sinceMs, untilMs, nowMs, graceMs: GRACE_MS }),
      sources: this.#sources(sinceMs, untilMs),
      errors: Object.fromEntries(this.#errors),
      longestSendGapMs: this.#longestSendGap(sinceMs, untilMs),
      meanRoundTripMs: this.#answered === 0 ? 0 : this.#roundTripSumMs / this.#answered,
    };
  }

  /** Stops sending, waits for late answers, and closes. */
  async stop(lateMs = GRACE_MS): Promise<UdpStreamReport> {
    this.#pacing?.stop();
    await sleep(lateMs);
    this.#socket.close();
    return this.report();
  }

  #send(): void {
    const sequence = this.#book.send(monotonicMs());
    this.#payload.writeUInt32BE(sequence, 4);
    // A copy: the socket may keep the buffer beyond this call.
    this.#socket.send(Buffer.from(this.#payload), (error) => {
      if (error !== null) this.#note(error);
    });
  }

  #onMessage(message: Buffer): void {
    if (message.length <= this.#payload.length) return;
    const sequence = message.readUInt32BE(4);
    const seen = message.toString('latin1', this.#payload.length);
    const address = /([\d.]+):\d+$/.exec(seen)?.[1] ?? seen;
    if (!this.#book.answer(sequence, address)) return;
    this.#answered += 1;
    this.#roundTripSumMs += monotonicMs() - this.#book.sentMs(sequence);
  }

  #note(error: Error): void {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  #sources(sinceMs: number, untilMs: number): readonly SourceSeen[] {
    const book = this.#book;
    const sources = new Map<string, SourceSeen>();
    for (let sequence = firstSentAt(book, sinceMs); sequence < book.count; sequence += 1) {
      const sentMs = book.sentMs(sequence);
      if (sentMs > untilMs) break;
      const address = book.source(sequence);
      if (address === undefined) continue;
      const before = sources.get(address);
      sources.set(address, {
        address,
        answered: (before?.answered ?? 0) + 1,
        firstSentMs: before?.firstSentMs ?? sentMs,
        lastSentMs: sentMs,
      });
    }
    return [...sources.values()];
  }

  #longestSendGap(sinceMs: number, untilMs: number): number {
    const book = this.#book;
    let longestMs = 0;
    for (let sequence = firstSentAt(book, sinceMs) + 1; sequence < book.count; sequence += 1) {
      const sentMs = book.sentMs(sequence);
      if (sentMs > untilMs) break;
      longestMs = Math.max(longestMs, sentMs - book.sentMs(sequence - 1));
    }
    return longestMs;
  }
}
