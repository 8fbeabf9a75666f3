import type { AuthContext } from '@grpc/grpc-js/build/src/auth-context.js';

/** Who calls: somebody on this machine whom the socket's file mode let in, or the holder of a certificate. */
export type Caller =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'certificate';
      readonly commonName: string;
      readonly organizationalUnits: readonly string[];
      /** On the wall clock. */
      readonly validUntilMs: number;
      /** The address of this machine that it has come to; undefined where it is not known. */
      readonly localAddress?: string | undefined;
    };

/** The caller, as its connection says. */
export function callerOf({ sslPeerCertificate: certificate, localAddress }: AuthContextHere): Caller {
  if (certificate === undefined) return { kind: 'local' };
  // Node gives a list where a certificate has several values of one attribute, and nothing where it has none.
  const subject: Partial<Record<'CN' | 'OU', string | string[]>> = certificate.subject;
  return {
    kind: 'certificate',
    commonName: [subject.CN ?? ''].flat()[0] ?? '',
    organizationalUnits: [subject.OU ?? []].flat(),
    validUntilMs: Date.parse(certificate.valid_to),
    localAddress,
  };
}

/** What a handler may know of the call beside the request. */
export interface CallContext {
  /** Aborted when the caller cancels, its deadline passes, the connection breaks or the server ends. */
  readonly signal: AbortSignal;
  /** Address of the caller; `unknown` on Unix sockets. */
  readonly peer: string;
  readonly caller: Caller;
}

/** A connection's context with what `callsWithLocalAddress` puts beside it. */
export type AuthContextHere = AuthContext & { readonly localAddress?: string | undefined };

/** The part of grpc-js' server calls that a context is made of. */
export interface ServerCall {
  getPath(): string;
  getPeer(): string;
  getAuthContext(): AuthContext;
  on(event: 'cancelled', listener: () => void): unknown;
}

/** A context whose parts are made when they are first asked for. */
export class HandlerContext implements CallContext {
  readonly #call: ServerCall;
  #controller: AbortController | undefined;

  constructor(call: ServerCall) {
    this.#call = call;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      this.#call.on('cancelled', () => {
        controller.abort();
      });
    }
    return this.#controller.signal;
  }

  /** Aborts the signal from the server's side. */
  abort(): void {
    this.#controller?.abort();
  }

  get peer(): string {
    return this.#call.getPeer();
  }

  get caller(): Caller {
    return callerOf(this.#call.getAuthContext());
  }
}
