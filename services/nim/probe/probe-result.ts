/**
 * Why a probe failed: one word for each thing that a person would do something else about.
 *
 * - `no-gateway`: there is no gateway, or it does not answer on the link (ARP, neighbour discovery)
 * - `dns`: the port's name servers do not tell an address
 * - `refused`: the host is there, and nobody listens
 * - `timeout`: nothing came back
 * - `unreachable`: a router on the way says that there is no way
 * - `reset`: the connection was ended before there was an answer
 * - `tls`: no TLS, or not the certificate of whom we asked
 * - `portal`: somebody wants a login first
 * - `http`: what answered does not speak HTTP
 * - `local`: this device could not try; says nothing of the port
 */
export type FailureKind =
  'no-gateway' | 'dns' | 'refused' | 'timeout' | 'unreachable' | 'reset' | 'tls' | 'portal' | 'http' | 'local';

/** What came of one attempt. `bytes`: sent and received, at IP level. */
export type ProbeResult =
  | {
      readonly kind: 'answered';
      /** Of the whole attempt, as a time limit would have to cover it: looking up the name included. */
      readonly latencyMs: number;
      readonly bytes: number;
    }
  | { readonly kind: 'failed'; readonly failure: FailureKind; readonly detail: string; readonly bytes: number };

/** A failure with its reason, on its way to becoming a result. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError';
  readonly failure: FailureKind;

  constructor(failure: FailureKind, detail: string) {
    super(detail);
    this.failure = failure;
  }
}
