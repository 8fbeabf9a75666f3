import {
  credentials,
  Metadata,
  type CallOptions,
  type ChannelCredentials,
  type ChannelOptions,
  type Client,
  type ClientUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';

import { whenAborted } from '../clock/index.js';
import { readRpcError } from './errors.js';

/** A configuration with 500 network instances of 100 port maps is about 4 MB, which is grpc-js' default limit. */
export const MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024;

const channelOptions: ChannelOptions = {
  // The default of 1 s costs 600 ms after every restart of a peer; a failed attempt on a Unix socket costs nothing.
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // Idle connections otherwise break silently.
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.max_receive_message_length': MESSAGE_LIMIT_BYTES,
  'grpc.max_send_message_length': MESSAGE_LIMIT_BYTES,
  // No service configuration over DNS, no proxy from the environment, no channel tracing: nobody asks for them here.
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_channelz': 0,
};

/**
 * A client for `unix:/path` or `host:port`. The connection is made by the first call and made again when it breaks.
 * Plain text by default: the address is a Unix socket, or given by somebody who knows.
 */
export function connectTo<C>(
  ClientClass: new (address: string, channelCredentials: ChannelCredentials, options?: ChannelOptions) => C,
  address: string,
  channelCredentials: ChannelCredentials = credentials.createInsecure(),
): C {
  return new ClientClass(address, channelCredentials, channelOptions);
}

/**
 * On this machine a ping takes microseconds, so a process that hangs or is stopped is found within 3 s, and the streams
 * that come from it end as those of a dead one do.
 */
const quickKeepalive: ChannelOptions = {
  'grpc.keepalive_time_ms': 1_000,
  'grpc.keepalive_timeout_ms': 1_500,
};

/**
 * A client of a service on this machine whose streams are followed. Not for calls whose answer may take the service
 * seconds: they would end, as if it hung.
 */
export function connectToFollow<C>(
  ClientClass: new (address: string, channelCredentials: ChannelCredentials, options?: ChannelOptions) => C,
  address: string,
): C {
  return new ClientClass(address, credentials.createInsecure(), { ...channelOptions, ...quickKeepalive });
}

export interface UnaryOptions {
  /** The call fails with DEADLINE_EXCEEDED after this time, so none hangs for ever. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The longest of the overloads that ts-proto makes of a unary method. */
type UnaryMethod<Req, Res> = (
  request: Req,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Res) => void,
) => ClientUnaryCall;

/** Names of the unary methods of a client. */
export type UnaryMethodName<C> = {
  [Name in keyof C]: C[Name] extends UnaryMethod<infer _Req, infer _Res> ? Name : never;
}[Exclude<keyof C, keyof Client>];

export type RequestOf<Method> = Method extends UnaryMethod<infer Req, infer _Res> ? Req : never;
export type ResponseOf<Method> = Method extends UnaryMethod<infer _Req, infer Res> ? Res : never;

/**
 * Calls a unary method: `call(client, 'getConfig', {}, { timeoutMs: 1000 })`. Fails with an RpcError, details decoded.
 */
export function call<C extends Client, Name extends UnaryMethodName<C>>(
  client: C,
  method: Name,
  request: RequestOf<C[Name]>,
  options: UnaryOptions,
): Promise<ResponseOf<C[Name]>> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    const invoke = client[method] as UnaryMethod<RequestOf<C[Name]>, ResponseOf<C[Name]>>;
    const deadline = Date.now() + options.timeoutMs;
    const running = invoke.call(client, request, new Metadata(), { deadline }, (error, response) => {
      stopListening();
      if (error === null) resolve(response);
      else reject(readRpcError(error));
    });
    const stopListening = whenAborted(signal, () => {
      running.cancel();
    });
  });
}
