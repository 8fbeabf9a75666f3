import type { Logger } from '../observability/index.js';
import type { CallErrors } from './call-errors.js';
import type { RpcError } from './errors.js';
import type { Refusals } from './refusals.js';

/** Ends one open call with a status; harmless when it is over already. */
export type EndCall = (error: RpcError) => void;

/** What the handlers of one server share. */
export interface ServerBinding {
  readonly logger: Logger;
  readonly errors: CallErrors | undefined;
  readonly refusals: Refusals;
  readonly openStreams: Set<EndCall>;
  /** Unary calls that are still being answered. */
  readonly openCalls: Set<EndCall>;
}

/** grpc-js calls every handler with its implementation object as `this`: that is how a handler finds its server. */
const bindings = new WeakMap<object, ServerBinding>();

/** Ties the handlers of an implementation to the server that serves them. */
export function bindToServer(implementation: object, binding: ServerBinding): void {
  bindings.set(implementation, binding);
}

/** The server of the implementation that a handler was called on; undefined for a handler outside any server. */
export function serverOf(implementation: unknown): ServerBinding | undefined {
  return typeof implementation === 'object' && implementation !== null ? bindings.get(implementation) : undefined;
}
