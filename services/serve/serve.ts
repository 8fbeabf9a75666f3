import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';

import { systemClock } from '../../lib/clock/index.js';
import { startNim, type ControllerOptions } from '../nim/index.js';
import {
  createLogger,
  isJournal,
  isLogLevel,
  startMetrics,
  type LevelledLogger,
  type LogLevel,
  type Meters,
} from '../../lib/observability/index.js';
import { CallErrors, type RunningService, type TlsListenOptions } from '../../lib/rpc/index.js';
import { startZedagent } from '../zedagent/index.js';
import { cleanUp, startZedrouter } from '../zedrouter/index.js';
import { KEEP_COMPILED } from './keep-compiled.js';
import { serviceManagerOf } from './service-manager.js';
import { warnOfMissingTools } from './warn-of-missing-tools.js';
import { answer, startWatchdog } from './watchdog.js';

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

/** A service that has not ended by then is left behind: its process ends. */
const END_LIMIT_MS = 10_000;

/**
 * Runs services in this process until SIGTERM or SIGINT; the traffic goes on without them. Answers when all have ended,
 * or have had their time to. Rejects where one cannot start, for example because another instance holds its socket;
 * what that one had begun may keep the process alive, so end it. SIGHUP reads certificates and the log level again.
 * Tells the service manager when all serve, that they do, and when they end.
 */
export async function serve(options: ServeOptions): Promise<void> {
  setFlagsFromString(KEEP_COMPILED);
  const { runDir, stateDir, services } = options;
  const ended = untilToldToEnd();
  const loggers = new Loggers(options);
  const manager = serviceManagerOf(process.env, process.pid, (error) => {
    loggers.of('serve').warn({ event: 'service-manager-deaf', err: error }, 'cannot tell the service manager');
  });
  const running: RunningService[] = [];
  const startAll = async (): Promise<void> => {
    await mkdir(runDir, { recursive: true, mode: 0o755 });
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    await loggers.readLevel();
    let measured: Measured = {};
    if (options.metrics !== undefined) {
      const metrics = await startMetrics({ ...options.metrics, logger: loggers.of('metrics') });
      running.push(metrics);
      measured = { meters: metrics.meters, callErrors: new CallErrors(metrics.meters) };
    }
    const started = serviceNames.filter((each) => services.includes(each));
    for (const name of started) running.unshift(await start(name, options, loggers.of(name), measured));
    const sockets = started.map((name) => join(runDir, `${name}.sock`));
    running.unshift(
      startWatchdog({
        ...{ manager, clock: systemClock, logger: loggers.of('serve') },
        isAlive: (limitMs) => answer(sockets, limitMs),
      }),
    );
    manager.tell('READY=1');
  };
  const onHangup = (): void => {
    void reload(running, loggers);
  };
  process.on('SIGHUP', onHangup);
  try {
    const starting = startAll();
    await Promise.race([starting, ended]);
    await ended;
  } finally {
    process.off('SIGHUP', onHangup);
    manager.tell('STOPPING=1');
    await Promise.race([closeAll(running), sleep(END_LIMIT_MS, undefined, { ref: false })]);
  }
}

async function closeAll(running: readonly RunningService[]): Promise<void> {
  for (const service of running) await service.close();
}

async function reload(running: readonly RunningService[], loggers: Loggers): Promise<void> {
  const logger = loggers.of('serve');
  for (const again of [() => loggers.readLevel(), ...running.map((service) => () => service.reload?.())]) {
    try {
      await again();
    } catch (error) {
      logger.error({ event: 'reload-failed', err: error }, 'reload failed, keeping what is in force');
    }
  }
}

/** The loggers of this process, which have one level. */
class Loggers {
  readonly #file: string;
  readonly #started: LogLevel;
  readonly #all = new Map<string, LevelledLogger>();
  #level: LogLevel;

  constructor({ stateDir, logLevel }: Pick<ServeOptions, 'stateDir' | 'logLevel'>) {
    this.#file = join(stateDir, 'log-level');
    this.#started = logLevel;
    this.#level = logLevel;
  }

  of(service: string): LevelledLogger {
    const known = this.#all.get(service);
    if (known !== undefined) return known;
    const made = createLogger({ service, level: this.#level, priorities: isJournal(process.env) });
    this.#all.set(service, made);
    return made;
  }

  /** The word in `<state-dir>/log-level` where there is such a file, else the command line's. */
  async readLevel(): Promise<void> {
    const word = await readFile(this.#file, 'utf8').then(
      (text) => text.trim(),
      () => this.#started,
    );
    if (!isLogLevel(word)) throw new Error(`${this.#file}: ${JSON.stringify(word.slice(0, 40))} is no log level`);
    if (word === this.#level) return;
    this.#level = word;
    for (const logger of this.#all.values()) logger.setLevel(word);
    this.of('serve').info({ event: 'log-level-changed', logLevel: word }, 'log level changed');
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

function start(
  name: ServiceName,
  options: ServeOptions,
  logger: LevelledLogger,
  measured: Measured,
): Promise<RunningService> {
  const { runDir, stateDir, listen } = options;
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
