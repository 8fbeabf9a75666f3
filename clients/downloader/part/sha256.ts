import { createHash, type Hash } from 'node:crypto';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

import type * as Koffi from 'koffi';

/** The sha256 of what comes in pieces. */
export interface Sha256 {
  /** Takes the next piece, which must stay as it is until that is done. Until then `free` is all that may be called. */
  update(piece: Buffer): Promise<void>;
  /** Of what has come so far, in hexadecimal; more may come. */
  digest(): string;
  /** Forgets what has come. */
  restart(): void;
  /** Must be called in the end, and nothing after it. */
  free(): void;
}

/**
 * Hashes on another thread where it can: at a gigabyte a second, it takes as long as all else that is done with the bytes. Node's own
 * `createHash` knows no thread but the caller's, so this calls the OpenSSL that Node carries.
 */
export function createSha256(): Sha256 {
  loaded ??= { openssl: loadOpenSsl() };
  const { openssl } = loaded;
  return openssl === undefined ? new SameThreadSha256() : new OtherThreadSha256(openssl);
}

/** As Node does it, on the thread that everything else is on. */
export class SameThreadSha256 implements Sha256 {
  #hash: Hash = createHash('sha256');

  update(piece: Buffer): Promise<void> {
    this.#hash.update(piece);
    return Promise.resolve();
  }

  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  restart(): void {
    this.#hash = createHash('sha256');
  }

  free(): void {
    // The garbage collector does it.
  }
}

const DIGEST_BYTES = 32;
/** An address in this process, which only OpenSSL looks behind. */
type Pointer = object;

/** EVP_DigestInit(3) */
interface OpenSsl {
  newContext(): Pointer | null;
  freeContext(context: Pointer): void;
  copyContext(to: Pointer, from: Pointer): number;
  sha256(): Pointer;
  begin(context: Pointer, type: Pointer, engine: null): number;
  /** On a thread of libuv's pool. The buffer must stay as it is until the promise settles. */
  update(context: Pointer, bytes: Buffer, length: number): Promise<number>;
  finish(context: Pointer, digest: Buffer, length: null): number;
}

class OtherThreadSha256 implements Sha256 {
  readonly #openssl: OpenSsl;
  readonly #context: Pointer;
  /** Another thread reads it, and writes to the context. Held here, so that nobody collects it. */
  #inUse: Buffer | undefined;
  #isFree = false;

  constructor(openssl: OpenSsl) {
    this.#openssl = openssl;
    this.#context = made(openssl.newContext());
    this.restart();
  }

  async update(piece: Buffer): Promise<void> {
    this.#requireIdle();
    this.#inUse = piece;
    try {
      check(await this.#openssl.update(this.#context, piece, piece.length));
    } finally {
      this.#inUse = undefined;
      if (this.#isFree) this.#openssl.freeContext(this.#context);
    }
  }

  digest(): string {
    this.#requireIdle();
    const copy = made(this.#openssl.newContext());
    try {
      check(this.#openssl.copyContext(copy, this.#context));
      const digest = Buffer.alloc(DIGEST_BYTES);
      check(this.#openssl.finish(copy, digest, null));
      return digest.toString('hex');
    } finally {
      this.#openssl.freeContext(copy);
    }
  }

  restart(): void {
    this.#requireIdle();
    check(this.#openssl.begin(this.#context, this.#openssl.sha256(), null));
  }

  free(): void {
    if (this.#isFree) return;
    this.#isFree = true;
    if (this.#inUse === undefined) this.#openssl.freeContext(this.#context);
  }

  /** What another thread writes to, or nobody has any more, would end the process or make a wrong sum. */
  #requireIdle(): void {
    if (this.#inUse !== undefined || this.#isFree) throw new Error('the sha256 is in use, or has been given up');
  }
}

function made(context: Pointer | null): Pointer {
  if (context === null) throw new Error('OpenSSL has no memory for a sha256');
  return context;
}

function check(result: number): void {
  if (result !== 1) throw new Error('OpenSSL does not compute the sha256');
}

let loaded: { readonly openssl: OpenSsl | undefined } | undefined;

/** Undefined: this Node does not export its OpenSSL, or koffi does not run here. */
function loadOpenSsl(): OpenSsl | undefined {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
    const node = koffi.load(null);
    const update = node.func('int EVP_DigestUpdate(void *context, const void *bytes, size_t length)');
    return {
      newContext: node.func('void *EVP_MD_CTX_new()'),
      freeContext: node.func('void EVP_MD_CTX_free(void *context)'),
      copyContext: node.func('int EVP_MD_CTX_copy_ex(void *to, const void *from)'),
      sha256: node.func('const void *EVP_sha256()'),
      begin: node.func('int EVP_DigestInit_ex(void *context, const void *type, void *engine)'),
      update: promisify(update.async) as OpenSsl['update'],
      finish: node.func('int EVP_DigestFinal_ex(void *context, void *digest, void *length)'),
    };
  } catch {
    return undefined;
  }
}
