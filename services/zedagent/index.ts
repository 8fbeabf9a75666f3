import type { Clock } from '../clock/index.js';
import type { Logger } from '../observability/index.js';
import { startServer, type RunningService, type TlsListenOptions } from '../rpc/index.js';
import { ConfigStore } from './config-store.js';
import { deviceConfigService } from './service.js';
import { configFile } from './stored-config.js';

export interface ZedagentOptions {
  readonly runDir: string;
  readonly stateDir: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** A listener on the network, with certificates on both sides. */
  readonly listen?: TlsListenOptions | undefined;
}

export interface RunningZedagent extends RunningService {
  /** Where it listens on the network; undefined where it does not. */
  readonly tlsPort: number | undefined;
}

/** Starts zedagent on `<runDir>/zedagent.sock`, with the configuration that was in force when it ended. */
export async function startZedagent(options: ZedagentOptions): Promise<RunningZedagent> {
  const { runDir, stateDir, logger, clock } = options;
  const file = configFile(stateDir, logger);
  const store = new ConfigStore({ file, clock, logger }, await file.read());
  const server = await startServer({
    socketPath: `${runDir}/zedagent.sock`,
    services: [deviceConfigService(store)],
    logger,
    tls: options.listen,
  });
  return { tlsPort: server.tlsPort, close: () => server.close() };
}
