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
 * Trailers are HTTP/2 headers, of which clients take 8 KiB or 16 KiB and no more: some make RESOURCE_EXHAUSTED of the
 * status then, and its text is lost. So all of it stays below 8 KiB: the message twice, the details in base64, which
 * adds a third.
 */
const DETAILS_LIMIT_BYTES = 3 * 1024;
const MESSAGE_LIMIT_BYTES = 1_024;
/** Of each, so that one long one does not hide the others. */
const VIOLATION_LIMIT_CHARACTERS = 400;

/** Text that grpc-js can percent-encode (encodeURI throws at lone surrogates), so long that way and no longer. */
function headerText(text: string): string {
  const sound = Buffer.from(text, 'utf8').toString('utf8');
  if (encodeURI(sound).length <= MESSAGE_LIMIT_BYTES) return sound;
  let [cut, bytes] = ['', encodeURI('…').length];
  for (const character of sound.slice(0, MESSAGE_LIMIT_BYTES)) {
    bytes += encodeURI(Buffer.from(character, 'utf8').toString('utf8')).length;
    if (bytes > MESSAGE_LIMIT_BYTES) break;
    cut += character;
  }
  return Buffer.from(`${cut}…`, 'utf8').toString('utf8');
}

/** What grpc-js wants from a handler that fails. */
export function toStatus(error: RpcError): { code: status; details: string; metadata: Metadata } {
  const details: { typeUrl: string; value: Buffer }[] = [];
  if (error.violations.length > 0) {
    const value = BadRequest.encode(badRequestWithin(error.violations, DETAILS_LIMIT_BYTES)).finish();
    details.push({ typeUrl: `${TYPE_PREFIX}BadRequest`, value: Buffer.from(value) });
  }
  if (error.reason !== undefined) {
    const info = ErrorInfo.fromPartial({
      ...{ reason: error.reason, domain: ERROR_DOMAIN },
      metadata: Object.fromEntries(Object.entries(error.metadata).map(([key, value]) => [key, value.slice(0, 200)])),
    });
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
  const told = violations.map(({ field, description }) => ({
    field: field.slice(0, VIOLATION_LIMIT_CHARACTERS),
    description: description.slice(0, VIOLATION_LIMIT_CHARACTERS),
  }));
  const last = told.findIndex((violation) => {
    bytes += 16 + Buffer.byteLength(violation.field) + Buffer.byteLength(violation.description);
    return bytes > limitBytes;
  });
  const fitting = last === -1 ? told : told.slice(0, last);
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
