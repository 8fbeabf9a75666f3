import { timingSafeEqual } from 'node:crypto';

const KEY_BYTES = 32;

/** A key that nobody else may know. Whatever prints, logs or compares values meets a word in its place. */
export class SecretKey {
  readonly #bytes: Buffer;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The key that this base64 stands for, as `wg genkey` prints it; undefined where it is not 32 bytes. */
  static fromBase64(text: string): SecretKey | undefined {
    const bytes = Buffer.from(text, 'base64');
    return bytes.length === KEY_BYTES && bytes.toString('base64') === text ? new SecretKey(bytes) : undefined;
  }

  /** The key of these bytes; undefined where they are not 32, or all zero, which means that there is none. */
  static fromBytes(bytes: Uint8Array): SecretKey | undefined {
    const isKey = bytes.length === KEY_BYTES && bytes.some((byte) => byte !== 0);
    return isKey ? new SecretKey(Buffer.from(bytes)) : undefined;
  }

  /** The key itself, for the kernel, or whoever does its work. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  equals(other: SecretKey | undefined): boolean {
    return other !== undefined && timingSafeEqual(this.#bytes, other.#bytes);
  }

  toJSON(): string {
    return '(secret)';
  }

  toString(): string {
    return '(secret)';
  }
}
