import type { ProbeTarget } from '../../configuration/index.js';
import type { ProbeKind } from '../health/index.js';
import { FULL_SIZE_ECHO_BYTES } from './pace.js';

/** By what keepalive probes go over a port, and the bytes of one that is answered; `none`: no address is known yet. */
export type KeepaliveMeans = { readonly kind: 'none' } | { readonly kind: 'echo' | 'tcp'; readonly bytes: number };

/** Headers of IPv4 and ICMP. */
const ECHO_HEADER_BYTES = 28;

/** Bytes of a full test that succeeds, about: TLS resumes its session, names are remembered, headers are short. */
const fullBytes: Readonly<Record<ProbeTarget['kind'], number>> = {
  icmp: 2 * ECHO_HEADER_BYTES,
  // Three segments to open and one to end it.
  tcp: 220,
  http: 900,
  https: 2_000,
};

/** Certificates, and a long request. */
const PADDED_FULL_BYTES = 7_000;

/** Of a keepalive probe that is answered: an echo without data and its reply; or a connection, ended by a reset. */
export function keepaliveBytesOf(kind: 'echo' | 'tcp'): number {
  return kind === 'echo' ? 2 * ECHO_HEADER_BYTES : fullBytes.tcp;
}

/** Of a full test. */
export function fullBytesOf(kind: ProbeTarget['kind']): number {
  return fullBytes[kind];
}

/** Of a packet of full size and its answer. */
export const SIZE_BYTES = 2 * (ECHO_HEADER_BYTES + FULL_SIZE_ECHO_BYTES);

/** What an attempt takes at most, about: so much is reserved before it begins. */
export function bytesOf(kind: ProbeTarget['kind'], probeKind: ProbeKind, means: KeepaliveMeans): number {
  switch (probeKind) {
    case 'full':
      return kind === 'icmp' && means.kind === 'echo' ? means.bytes : fullBytes[kind];
    case 'keepalive':
      return means.kind === 'none' ? fullBytes.tcp : means.bytes;
    case 'size':
      return means.kind === 'echo' ? SIZE_BYTES : PADDED_FULL_BYTES;
  }
}
