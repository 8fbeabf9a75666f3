import { mkdir } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';

import { systemClock } from '../../lib/clock/index.js';
import { startNim, type ControllerOptions } from '../nim/index.js';
import { createLogger, startMetrics, type LogLevel, type Meters } from '../../lib/observability/index.js';
import { CallErrors, type RunningService, type TlsListenOptions } from '../../lib/rpc/index.js';
import { startZedagent } from '../zedagent/index.js';
import { cleanUp, startZedrouter } from '../zedrouter/index.js';
import { KEEP_COMPILED } from './keep-compiled.js';
import { warnOfMissingTools } from './warn-of-missing-tools.js';

/** In the order in which they start. */
export const serviceNames = ['zedagent', 'nim', 'zedrouter'] as const;

export type ServiceName = (typeof serviceNames)[number];

export interface ServeOptions {
  readonly services: readonly ServiceName[];
  readonly runDir: string;
  readonly stateDir: string;
  readonly logLevel: LogLevel;
  /** zedagent's listener on the network. */
  readonly listen?: TlsListenOptions | undefined;
  /** Whom NIM's test of ports asks. */
  readonly controller?: ControllerOptions | undefined;
  /** Where Prometheus may read the metrics of this process; nothing is measured without it. */
  readonly metrics?: { readonly host: string; readonly port: number } | undefined;
}

/**
 * Runs services in this process until SIGTERM or SIGINT; the traffic goes on without them. Answers when all have ended.
 * Rejects where one cannot start, for example because another instance holds its socket.
 */
export async function serve(options: ServeOptions): Promise<void> {
  setFlagsFromString(KEEP_COMPILED);
  const { runDir, stateDir } = options;
  await mkdir(runDir, { recursive: true, mode: 0o755 });
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const running: RunningService[] = [];
  const ended = untilToldToEnd();
  try {
    let measured: Measured = {};
    if (options.metrics !== undefined) {
      const logger = createLogger({ service: 'metrics', level: options.logLevel });
      const metrics = await startMetrics({ ...options.metrics, logger });
      running.push(metrics);
      measured = { meters: metrics.meters, callErrors: new CallErrors(metrics.meters) };
    }
    for (const name of serviceNames.filter((each) => options.services.includes(each))) {
      running.unshift(await start(name, options, measured));
    }
    await ended;
  } finally {
    for (const service of running) await service.close();
  }
}

/** Removes all that is ours from the kernel. @throws where something could not be removed. */
export async function serveCleanUp({ runDir, stateDir, logLevel }: Omit<ServeOptions, 'services'>): Promise<void> {
  await cleanUp({ runDir, stateDir, logger: createLogger({ service: 'zedrouter', level: logLevel }) });
}

/** Empty where nobody asked for metrics. */
interface Measured {
  readonly meters?: Meters;
  readonly callErrors?: CallErrors;
}

function start(name: ServiceName, options: ServeOptions, measured: Measured): Promise<RunningService> {
  const { runDir, stateDir, listen } = options;
  const logger = createLogger({ service: name, level: options.logLevel });
  const shared = { runDir, stateDir, logger, clock: systemClock, ...measured };
  switch (name) {
    case 'zedagent':
      return startZedagent({ ...shared, listen });
    case 'nim':
      return startNim({ ...shared, controller: options.controller });
    case 'zedrouter':
      warnOfMissingTools(logger);
      return startZedrouter(shared);
  }
}

function untilToldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        resolve();
      });
    }
  });
}
