import {
  Server,
  ServerCredentials,
  status,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

import { systemClock } from '../clock/index.js';
import type { Logger } from '../observability/index.js';
import { admission, readingWithin, type Admit, type LimitsOfMethods } from './admission.js';
import type { CallErrors } from './call-errors.js';
import { MESSAGE_LIMIT_BYTES } from './client.js';
import { encodingOnce } from './encode-once.js';
import { RpcError } from './errors.js';
import { Health } from './health.js';
import { callsWithLocalAddress } from './local-address.js';
import { smallRequest } from './message-limits.js';
import { bindToServer, type ServerBinding } from './open-calls.js';
import { reflectionServices } from './reflection.js';
import { Refusals } from './refusals.js';
import { listenWithTls, type TlsListener, type TlsListenOptions } from './tls-listener.js';
import { listenOnUnixSocket, type UnixSocket } from './unix-socket.js';

export interface ServedService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** What one request of a method may hold, by the method's name in the definition; default: `smallRequest`. */
  readonly limits?: LimitsOfMethods;
}

export interface ServerOptions {
  readonly socketPath: string;
  /** Default 0o660: the owner and the group. */
  readonly socketMode?: number;
  readonly services: readonly ServedService[];
  readonly logger: Logger;
  readonly tls?: TlsListenOptions | undefined;
  /** Asked before anything of a request is read, of reflection and health too; default: whoever connects may call. */
  readonly admit?: Admit;
  /** Counts the calls that are answered with an error. */
  readonly errors?: CallErrors | undefined;
}

export interface RunningServer {
  /** Tells grpc.health.v1; every service counts as serving at first, and so does '' (the server as a whole). */
  setServing(service: string, serving: boolean): void;
  readonly tlsPort: number | undefined;
  /** Reads the certificates of the network listener again. Rejects where they are no good, and goes on with the old. */
  reload(): Promise<void>;
  /**
   * Ends open streams with UNAVAILABLE, waits for calls that are still being answered, then ends those likewise.
   * Default grace 1,000 ms.
   */
  close(graceMs?: number): Promise<void>;
}

/** Of one connection, at once. */
const MOST_STREAMS = 1_000;

/** What one connection may keep waiting, requests that come in and answers that are not read; new streams wait then. */
const SESSION_MEMORY_MB = 32;

/**
 * Serves on a Unix socket and, where asked, with mutual TLS on the network. Reflection (v1 and v1alpha) and
 * grpc.health.v1 are there on every server. Fails with SocketInUseError where another instance answers on the socket.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { logger, services } = options;
  const names = services.map(({ definition }) => serviceNameOf(definition));
  const health = new Health(names);
  const everything: readonly ServedService[] = [
    ...services,
    health,
    ...reflectionServices([...names, healthName(health)]),
  ];
  const binding: ServerBinding = {
    ...{ logger, errors: options.errors, refusals: new Refusals(logger, systemClock) },
    ...{ openStreams: new Set(), openCalls: new Set() },
  };
  const allLimits = everything.flatMap(({ limits = {} }) => Object.values(limits));
  const server = new Server({
    'grpc.max_receive_message_length': Math.max(smallRequest.bytes, ...allLimits.map(({ bytes }) => bytes)),
    'grpc.max_send_message_length': MESSAGE_LIMIT_BYTES,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.max_concurrent_streams': MOST_STREAMS,
    'grpc-node.max_session_memory': SESSION_MEMORY_MB,
    'grpc.enable_channelz': 0,
    interceptors: [
      ...(options.tls === undefined ? [] : [callsWithLocalAddress]),
      admission(binding, options.admit ?? (() => undefined)),
    ],
  });
  for (const { definition, implementation, limits = {} } of everything) {
    bindToServer(implementation, binding);
    server.addService(readingWithin(encodingOnce(definition), limits), implementation);
  }
  try {
    // The network first: where its certificates cannot be read, no socket is left that promises a service.
    const tls = options.tls === undefined ? undefined : await acceptFromNetwork(server, options.tls, binding);
    const socket = await listenOnUnixSocket(options.socketPath, options.socketMode ?? 0o660, async (path) => {
      await bind(server, `unix:${path}`, ServerCredentials.createInsecure());
    });
    logger.info({ event: 'service-started', socket: options.socketPath, tlsPort: tls?.port }, 'serving gRPC');
    return running(server, { socket, health, binding, tls });
  } catch (error) {
    server.forceShutdown();
    throw error;
  }
}

interface ServerParts {
  readonly socket: UnixSocket;
  readonly health: Health;
  readonly binding: ServerBinding;
  readonly tls: TlsListener | undefined;
}

/**
 * Connections of the network come to the same server. grpc-js reads certificates once; here they can be read again,
 * and connections be counted.
 */
function acceptFromNetwork(server: Server, tls: TlsListenOptions, { refusals }: ServerBinding): Promise<TlsListener> {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return listenWithTls(tls, refusals, (socket) => {
    injector.injectConnection(socket);
  });
}

function running(server: Server, { socket, health, binding, tls }: ServerParts): RunningServer {
  return {
    tlsPort: tls?.port,
    reload: async () => {
      if (tls === undefined) return;
      await tls.reload();
      binding.logger.info({ event: 'certificates-reloaded' }, 'read the certificates again');
    },
    setServing: (service, serving) => {
      health.setServing(service, serving);
    },
    close: async (graceMs = 1_000) => {
      health.setNothingServing();
      tls?.close();
      await socket.remove();
      await shutDown(server, binding, graceMs);
    },
  };
}

/** `org.example.v1.ThingService`, from the path of any of its methods. */
export function serviceNameOf(definition: ServiceDefinition): string {
  const path = Object.values(definition)[0]?.path ?? '';
  return path.split('/')[1] ?? '';
}

function healthName(health: Health): string {
  return serviceNameOf(health.definition);
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error }));
    });
  });
}

/** Time for the last statuses to leave. */
const FLUSH_MS = 100;

async function shutDown(server: Server, binding: ServerBinding, graceMs: number): Promise<void> {
  const ending = new RpcError(status.UNAVAILABLE, 'the service is ending', { reason: 'SHUTTING_DOWN' });
  // tryShutdown would wait for open streams without end.
  for (const end of [...binding.openStreams]) end(ending);
  const drained = new Promise<void>((resolve) => {
    server.tryShutdown(() => {
      resolve();
    });
  });
  await within(graceMs, drained);
  // A call that is cut without a status may leave its client waiting: Node ends the connection half only.
  for (const end of [...binding.openCalls]) end(ending);
  await within(FLUSH_MS, drained);
  server.forceShutdown();
}

/** Waits for `work`, but no longer than that. */
function within(limitMs: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancelTimer = systemClock.setTimer(limitMs, resolve);
    void work.then(() => {
      cancelTimer();
      resolve();
    });
  });
}
