/*
 * Asks services: one call (`ask`), a connection for several (`withConnection`), or a kept one (`connect`).
 * Loads gRPC, so commands import it on demand.
 */
export { ask, connect, withConnection, type Connection } from './clients.js';
