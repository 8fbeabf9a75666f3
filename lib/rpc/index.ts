/*
 * What the servers and clients of our gRPC services share: typed errors, handlers, streams that start with a snapshot,
 * sockets, TLS. Knows no service; reasons of errors are an interface, so add and rename none.
 */
export { RpcError, readRpcError, type FieldViolation, type RpcErrorOptions } from './errors.js';
export type { CallContext, Caller } from './call-context.js';
export type { Admit } from './admission.js';
export { readInSlices } from './read-message.js';
export { configurationRequest, smallRequest, type MessageLimits } from './message-limits.js';
export { CallErrors } from './call-errors.js';
export { serverStreaming, unary } from './handlers.js';
export { startServer, type RunningServer, type ServedService, type ServerOptions } from './server.js';
export type { TlsListenOptions } from './tls-listener.js';
export { SocketInUseError } from './unix-socket.js';
export { call, connectTo, connectToFollow, type UnaryOptions } from './client.js';
export { isServing } from './is-serving.js';
export { follow, type FollowOptions } from './follow.js';
export { StateStore, type ResumePoint, type StateChange } from './state-store.js';
export { untilSent } from './until-sent.js';
export type { RunningService, ServiceOptions } from './running-service.js';
