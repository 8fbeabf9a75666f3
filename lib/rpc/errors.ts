import { Metadata, status, type ServiceError } from '@grpc/grpc-js';

import { BadRequest, ErrorInfo, Status } from '../../gen/google/rpc/error_details.js';

/** ErrorInfo.domain of every error of ours. */
export const ERROR_DOMAIN = 'eve-uplink';

/** A field of a request that is wrong. */
export interface FieldViolation {
  /** Path in protobuf JSON names, e.g. `networkInstances[1].ip.subnet`. */
  readonly field: string;
  readonly description: string;
}

export interface RpcErrorOptions {
  /** Stable upper-case word for programs to act on (ErrorInfo.reason). */
  readonly reason?: string;
  readonly violations?: readonly FieldViolation[];
  /** ErrorInfo.metadata */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * The only error that may leave a handler, and the only one that `call` throws: a gRPC status with google.rpc details
 * (BadRequest, ErrorInfo).
 */
export class RpcError extends Error {
  readonly code: status;
  readonly reason: string | undefined;
  readonly violations: readonly FieldViolation[];
  readonly metadata: Readonly<Record<string, string>>;

  constructor(code: status, message: string, options: RpcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RpcError';
    this.code = code;
    this.reason = options.reason;
    this.violations = options.violations ?? [];
    this.metadata = options.metadata ?? {};
  }

  /** The status in words, e.g. `INVALID_ARGUMENT`. */
  get codeName(): string {
    return status[this.code];
  }
}

/** The trailer that carries a google.rpc.Status (https://grpc.io/docs/guides/error/). */
const DETAILS_TRAILER = 'grpc-status-details-bin';
const TYPE_PREFIX = 'type.googleapis.com/google.rpc.';

/**
 * Trailers are HTTP/2 headers: nghttp2 refuses blocks above 64 KiB, and base64 adds a third. Violations beyond this
 * many bytes are left out and counted in a last one.
 */
const DETAILS_LIMIT_BYTES = 24 * 1024;

/** The message travels in a header of its own, percent-encoded, which can make nine bytes of a character. */
const MESSAGE_LIMIT_CHARACTERS = 1_500;

/** Text of bounded length that grpc-js can percent-encode (encodeURI throws at lone surrogates). */
function headerText(text: string): string {
  const cut = text.length <= MESSAGE_LIMIT_CHARACTERS ? text : `${text.slice(0, MESSAGE_LIMIT_CHARACTERS - 1)}…`;
  return Buffer.from(cut, 'utf8').toString('utf8');
}

/** What grpc-js wants from a handler that fails. */
export function toStatus(error: RpcError): { code: status; details: string; metadata: Metadata } {
  const details: { typeUrl: string; value: Buffer }[] = [];
  if (error.violations.length > 0) {
    const value = BadRequest.encode(badRequestWithin(error.violations, DETAILS_LIMIT_BYTES)).finish();
    details.push({ typeUrl: `${TYPE_PREFIX}BadRequest`, value: Buffer.from(value) });
  }
  if (error.reason !== undefined) {
    const info = ErrorInfo.fromPartial({ reason: error.reason, domain: ERROR_DOMAIN, metadata: error.metadata });
    details.push({ typeUrl: `${TYPE_PREFIX}ErrorInfo`, value: Buffer.from(ErrorInfo.encode(info).finish()) });
  }
  const metadata = new Metadata();
  if (details.length > 0) {
    const encoded = Status.encode(
      Status.fromPartial({ code: error.code, message: headerText(error.message), details }),
    ).finish();
    metadata.set(DETAILS_TRAILER, Buffer.from(encoded));
  }
  return { code: error.code, details: headerText(error.message), metadata };
}

function badRequestWithin(violations: readonly FieldViolation[], limitBytes: number): BadRequest {
  let bytes = 0;
  const fitting = violations.filter((violation) => {
    bytes += 16 + Buffer.byteLength(violation.field) + Buffer.byteLength(violation.description);
    return bytes <= limitBytes;
  });
  const left = violations.length - fitting.length;
  const rest = left === 0 ? [] : [{ field: '', description: `and ${left} more problems` }];
  return BadRequest.fromPartial({ fieldViolations: [...fitting, ...rest] });
}

function isServiceError(error: unknown): error is ServiceError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'number' &&
    'details' in error &&
    'metadata' in error &&
    error.metadata instanceof Metadata
  );
}

/**
 * Makes an RpcError of whatever a client call failed with, its details decoded. Details of kinds we do not know are
 * skipped.
 */
export function readRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (!isServiceError(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return new RpcError(status.UNKNOWN, message, { cause: error });
  }
  let violations: readonly FieldViolation[] = [];
  let info: ErrorInfo | undefined;
  for (const detail of detailsOf(error)) {
    if (detail.typeUrl === `${TYPE_PREFIX}BadRequest`) violations = BadRequest.decode(detail.value).fieldViolations;
    if (detail.typeUrl === `${TYPE_PREFIX}ErrorInfo`) info = ErrorInfo.decode(detail.value);
  }
  return new RpcError(error.code, error.details, {
    violations: violations.map(({ field, description }) => ({ field, description })),
    cause: error,
    ...(info === undefined ? {} : { reason: info.reason, metadata: info.metadata }),
  });
}

function detailsOf(error: ServiceError): Status['details'] {
  const trailer = error.metadata.get(DETAILS_TRAILER)[0];
  if (!Buffer.isBuffer(trailer)) return [];
  try {
    return Status.decode(trailer).details;
  } catch {
    // A peer's malformed details must not hide its status.
    return [];
  }
}
