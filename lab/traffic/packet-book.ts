import type { PacketLog } from './outages.js';

/** What is known of each packet of a stream, by sequence number: nine bytes each, so a stream of hours fits. */
export class PacketBook implements PacketLog {
  #sentMs = new Float64Array(1 << 14);
  /** 0: no answer; else 1 + the number of the source that the server saw. */
  #source = new Uint8Array(1 << 14);
  readonly #sources: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Notes a packet as sent now; answers its sequence number. */
  send(nowMs: number): number {
    const sequence = this.#count;
    if (sequence === this.#sentMs.length) this.#grow();
    this.#sentMs[sequence] = nowMs;
    this.#count = sequence + 1;
    return sequence;
  }

  /**
   * Notes an answer and where the server saw the packet come from. False for one that was never sent, or answered
   * before.
   */
  answer(sequence: number, source: string): boolean {
    if (sequence >= this.#count || this.answered(sequence)) return false;
    let number = this.#sources.indexOf(source);
    if (number < 0) number = this.#sources.push(source) - 1;
    this.#source[sequence] = Math.min(number, 254) + 1;
    return true;
  }

  sentMs(sequence: number): number {
    return this.#sentMs[sequence] ?? Number.NaN;
  }

  answered(sequence: number): boolean {
    return (this.#source[sequence] ?? 0) !== 0;
  }

  /** The source that the server saw of an answered packet. */
  source(sequence: number): string | undefined {
    return this.#sources[(this.#source[sequence] ?? 0) - 1];
  }

  #grow(): void {
    const sentMs = new Float64Array(this.#sentMs.length * 2);
    sentMs.set(this.#sentMs);
    this.#sentMs = sentMs;
    const source = new Uint8Array(this.#source.length * 2);
    source.set(this.#source);
    this.#source = source;
  }
}
