import {
  ServerInterceptingCall,
  status,
  type Responder,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServiceDefinition,
} from '@grpc/grpc-js';

import { systemClock } from '../clock/index.js';
import { atOnce, inSlices, type Sliced } from '../slices/index.js';
import { MessageTooLargeError } from './bounded-reader.js';
import { callerOf, type AuthContextHere, type Caller } from './call-context.js';
import { RpcError, toStatus } from './errors.js';
import { errorToSend } from './handlers.js';
import { LargeRequests } from './large-requests.js';
import { smallRequest, type MessageLimits } from './message-limits.js';
import type { ServerBinding } from './open-calls.js';
import { readMessage, takesSlices, type Decode } from './read-message.js';

/** Lets a call pass, by its caller and the path of its method, or throws an RpcError. */
export type Admit = (caller: Caller, path: string) => void;

/** What stands in the place of a request that could not be read. */
class UnreadRequest {
  readonly error: RpcError;

  constructor(error: RpcError) {
    this.error = error;
  }
}

/** What is to be read with pauses, when its turn has come. */
class LargeRequest {
  readonly read: () => Sliced<unknown>;

  constructor(read: () => Sliced<unknown>) {
    this.read = read;
  }
}

/** What one request of a method may hold, by the method's name in the definition; default: `smallRequest`. */
export type LimitsOfMethods = Readonly<Record<string, MessageLimits>>;

/**
 * The definition with methods that read no request beyond its limits, and none at once that takes long; `admission`
 * reads those, and answers those that could not be read.
 */
export function readingWithin(definition: ServiceDefinition, limits: LimitsOfMethods): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => {
      const limitsOfMethod = limits[name] ?? smallRequest;
      // The generated code reads from a reader where it is given one.
      const decode: Decode = (reader) => method.requestDeserialize(reader as unknown as Buffer) as unknown;
      const requestDeserialize = (bytes: Buffer): unknown => {
        const read = (): Sliced<unknown> => readMessage(bytes, limitsOfMethod, decode);
        if (takesSlices(bytes, limitsOfMethod)) return new LargeRequest(read);
        try {
          return atOnce(read());
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
  const largeRequests = new LargeRequests();
  return ({ path }, call) => {
    const context = call.getAuthContext();
    const caller = callerOf(context);
    const isFromNetwork = call.getConnectionInfo().remoteAddress !== undefined;
    const refuse = (error: unknown): void => {
      const sent = errorToSend(error, path, binding);
      binding.refusals.note({ path, peer: call.getPeer(), caller, error: sent });
      call.sendStatus(toStatus(sent));
    };
    let isOver = false;
    let endTurn = (): void => undefined;
    const over = (): void => {
      isOver = true;
      endTurn();
    };
    /** Undefined where the call is over before it is read. */
    const readLarge = async (request: LargeRequest): Promise<{ readonly message: unknown } | undefined> => {
      endTurn = await largeRequests.turn();
      try {
        const message = await inSlices(whileWanted(request.read(), () => !isOver));
        return isOver ? undefined : { message };
      } catch (error) {
        throw unread(error);
      } finally {
        if (isOver) endTurn();
      }
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
            else if (message instanceof LargeRequest) {
              readLarge(message).then(
                (read) => {
                  if (read !== undefined) pass(read.message);
                },
                (error: unknown) => {
                  over();
                  refuse(error);
                },
              );
            } else pass(message);
          },
          onCancel: over,
        });
      },
      // Answered: whoever does not read the answer keeps nobody waiting.
      sendMessage: (message, next) => {
        over();
        next(message);
      },
      sendStatus: (sent, next) => {
        over();
        next(sent);
      },
    });
  };
}

/** The work for as long as somebody wants its result; undefined where it was given up. */
function* whileWanted<Result>(work: Sliced<Result>, isWanted: () => boolean): Sliced<Result | undefined> {
  while (isWanted()) {
    const step = work.next();
    if (step.done === true) return step.value;
    yield;
  }
  return undefined;
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
