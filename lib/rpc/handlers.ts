import {
  Metadata,
  status,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';

import { isAborted, whenAborted } from '../clock/index.js';
import { HandlerContext, type CallContext } from './call-context.js';
import { RpcError, toStatus } from './errors.js';
import { serverOf, type EndCall, type ServerBinding } from './open-calls.js';

/**
 * A unary method from a function that answers or throws. An RpcError leaves as it is; anything else is logged and
 * leaves as INTERNAL without its text, which may hold what the caller must not see.
 */
export function unary<Req, Res>(
  handler: (request: Req, context: CallContext) => Res | Promise<Res>,
): handleUnaryCall<Req, Res> {
  return function answer(this: unknown, call, callback): void {
    const server = serverOf(this);
    const context = new HandlerContext(call);
    let over = false;
    const finish = (send: () => void): void => {
      if (over) return;
      over = true;
      server?.openCalls.delete(end);
      send();
    };
    const end: EndCall = (error) => {
      finish(() => {
        callback(toStatus(error));
      });
      context.abort();
    };
    server?.openCalls.add(end);
    const run = async (): Promise<Res> => handler(call.request, context);
    run().then(
      (response) => {
        finish(() => {
          callback(null, response);
        });
      },
      (error: unknown) => {
        finish(() => {
          callback(toStatus(errorToSend(error, call.getPath(), server)));
        });
      },
    );
  };
}

/**
 * A server-streaming method from an async iterable. The next message is asked for only when the one before has left
 * for the network, so a producer that yields the newest state never queues. The response headers go out at once: a
 * reader of a silent stream knows that it is connected. Errors as for `unary`.
 */
export function serverStreaming<Req, Res>(
  handler: (request: Req, context: CallContext) => AsyncIterable<Res>,
): handleServerStreamingCall<Req, Res> {
  return function stream(this: unknown, call): void {
    const server = serverOf(this);
    const context = new HandlerContext(call);
    const { signal } = context;
    let over = false;
    const finish = (error: RpcError | undefined): void => {
      if (over) return;
      over = true;
      server?.openStreams.delete(end);
      // A call that is gone takes no status.
      if (!signal.aborted) {
        if (error === undefined) call.end();
        else call.emit('error', toStatus(error));
      }
      context.abort();
    };
    const end: EndCall = (error) => {
      finish(error);
    };
    server?.openStreams.add(end);
    whenAborted(signal, () => {
      finish(undefined);
    });
    call.sendMetadata(new Metadata());
    const pump = async (): Promise<void> => {
      for await (const message of handler(call.request, context)) {
        await written(call, message, signal);
        if (isAborted(signal)) return;
      }
    };
    pump().then(
      () => {
        finish(undefined);
      },
      (error: unknown) => {
        finish(signal.aborted ? undefined : errorToSend(error, call.getPath(), server));
      },
    );
  };
}

/** The part of grpc-js' streaming calls that a message is written to. */
type WritableCall<Res> = Pick<ServerWritableStream<unknown, Res>, 'write'>;

/** Resolves when a message has left for the network, or the call is over. */
export function written<Res>(call: WritableCall<Res>, message: Res, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // grpc-js forgets the callback of a write on a call that is gone.
    const stopListening = whenAborted(signal, resolve);
    if (signal.aborted) return;
    call.write(message, () => {
      stopListening();
      resolve();
    });
  });
}

/** An RpcError leaves as it is; anything else is logged, and leaves as INTERNAL. */
export function errorToSend(error: unknown, path: string, server: ServerBinding | undefined): RpcError {
  const sent = error instanceof RpcError ? error : unexpected(error, path, server);
  server?.errors?.note(path, sent);
  return sent;
}

function unexpected(error: unknown, path: string, server: ServerBinding | undefined): RpcError {
  server?.logger.error({ event: 'rpc-failed', err: error, method: path }, 'RPC handler failed');
  return new RpcError(status.INTERNAL, 'internal error; the log of the service says more', { reason: 'INTERNAL' });
}
