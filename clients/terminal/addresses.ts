import { join } from 'node:path';

/** A service of ours; its socket is `<run-dir>/<name>.sock`. */
export type ServiceName = 'zedagent' | 'nim' | 'zedrouter';

/** Where services keep their sockets unless told otherwise (docs/design.md#command-line). */
export const DEFAULT_RUN_DIR = '/run/eve-uplink';

export interface ConnectionOptions {
  readonly runDir: string;
  /** `unix:/path` or `host:port`; asked instead of the service's own socket. */
  readonly address?: string;
  /** Files of a client's certificate, its key, and the authority that signed the server's: mutual TLS. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly serverCa?: string;
}

/** The address to ask for a service. */
export function addressOf(service: ServiceName, options: Pick<ConnectionOptions, 'runDir' | 'address'>): string {
  return options.address ?? `unix:${join(options.runDir, `${service}.sock`)}`;
}
