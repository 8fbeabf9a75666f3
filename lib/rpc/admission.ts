import {
  ServerInterceptingCall,
  status,
  type Responder,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServiceDefinition,
} from '@grpc/grpc-js';

import { systemClock } from '../clock/index.js';
import { BoundedReader, MessageTooLargeError } from './bounded-reader.js';
import { callerOf, type AuthContextHere, type Caller } from './call-context.js';
import { RpcError, toStatus } from './errors.js';
import type { MessageLimits } from './message-limits.js';
import type { ServerBinding } from './open-calls.js';
import { errorToSend } from './handlers.js';

/** Lets a call pass, by its caller and the path of its method, or throws an RpcError. */
export type Admit = (caller: Caller, path: string) => void;

/** What stands in the place of a request that could not be read. */
class UnreadRequest {
  readonly error: RpcError;

  constructor(error: RpcError) {
    this.error = error;
  }
}

/** The definition with methods that read no request beyond its limits; `admission` answers those that were not read. */
export function readingWithin(definition: ServiceDefinition, limits: MessageLimits): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): unknown => {
        try {
          // The generated code reads from a reader where it is given one.
          return method.requestDeserialize(new BoundedReader(bytes, limits) as unknown as Buffer);
        } catch (error) {
          return new UnreadRequest(unread(error));
        }
      };
      return [name, { ...method, requestDeserialize }];
    }),
  );
}

function unread(error: unknown): RpcError {
  if (error instanceof MessageTooLargeError) {
    return new RpcError(status.RESOURCE_EXHAUSTED, error.message, { reason: 'REQUEST_TOO_LARGE' });
  }
  const why = error instanceof Error ? error.message : String(error);
  return new RpcError(status.INVALID_ARGUMENT, `the request is not a message of this method: ${why}`, {
    reason: 'REQUEST_UNREADABLE',
  });
}

/**
 * Turns calls away before anything of their requests is read: from callers whose certificate has expired since they
 * connected, and whom `admit` does not let pass. Then those whose request could not be read.
 */
export function admission(binding: ServerBinding, admit: Admit): ServerInterceptor {
  return ({ path }, call) => {
    const context = call.getAuthContext();
    const caller = callerOf(context);
    const isFromNetwork = call.getConnectionInfo().remoteAddress !== undefined;
    const refuse = (error: unknown): void => {
      const sent = errorToSend(error, path, binding);
      binding.refusals.note({ path, peer: call.getPeer(), caller, error: sent });
      call.sendStatus(toStatus(sent));
    };
    return new AdmittedCall(call, context, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, pass) => {
            try {
              refuseUnproven(caller, isFromNetwork);
              admit(caller, path);
            } catch (error) {
              refuse(error);
              return;
            }
            pass(metadata);
          },
          onReceiveMessage: (message: unknown, pass) => {
            if (message instanceof UnreadRequest) refuse(message.error);
            else pass(message);
          },
        });
      },
    });
  };
}

/** Its caller stays who it was, also when the connection is gone and has no certificate any more. */
class AdmittedCall extends ServerInterceptingCall {
  readonly #context: AuthContextHere;

  constructor(call: ServerInterceptingCallInterface, context: AuthContextHere, responder: Responder) {
    super(call, responder);
    this.#context = context;
  }

  override getAuthContext(): AuthContextHere {
    return this.#context;
  }
}

/** TLS looks at a certificate when the connection is made, and a connection may last for years. */
function refuseUnproven(caller: Caller, isFromNetwork: boolean): void {
  if (caller.kind === 'local') {
    if (!isFromNetwork) return;
    throw new RpcError(status.UNAUTHENTICATED, 'the network listener wants a certificate', {
      reason: 'NO_CERTIFICATE',
    });
  }
  if (systemClock.wallMs() <= caller.validUntilMs) return;
  throw new RpcError(status.UNAUTHENTICATED, 'the certificate of this connection has expired; connect with a new one', {
    reason: 'CERTIFICATE_EXPIRED',
  });
}
