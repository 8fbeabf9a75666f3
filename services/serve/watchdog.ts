import { pause, type Clock } from '../../lib/clock/index.js';
import type { Logger } from '../../lib/observability/index.js';
import { isServing, type RunningService } from '../../lib/rpc/index.js';
import type { ServiceManager } from './service-manager.js';

export interface WatchdogOptions {
  readonly manager: ServiceManager;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether everything that runs in this process does its work. */
  readonly isAlive: (limitMs: number) => Promise<boolean>;
}

/**
 * Tells the service manager, twice in the time that it allows, that this process does its work: not that a timer of it
 * runs, but that each service has answered. Where one does not, nothing is told, and the manager starts it anew.
 */
export function startWatchdog({ manager, clock, logger, isAlive }: WatchdogOptions): RunningService {
  const { watchdogMs } = manager;
  if (watchdogMs === undefined) return { close: () => Promise.resolve() };
  const ending = new AbortController();
  const watch = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      if (await isAlive(watchdogMs / 4)) manager.tell('WATCHDOG=1');
      else logger.error({ event: 'service-not-alive' }, 'service does not answer, not feeding the watchdog');
      await pause(watchdogMs / 4, clock, ending.signal);
    }
  };
  const watching = watch().catch((error: unknown) => {
    logger.error({ event: 'service-not-alive', err: error }, 'cannot feed the watchdog of the service manager');
  });
  return {
    close: async () => {
      ending.abort();
      await watching;
    },
  };
}

/** Whether the services on these sockets answer within that time, as any client would find them. */
export async function answer(sockets: readonly string[], limitMs: number): Promise<boolean> {
  const answers = await Promise.all(sockets.map((socket) => isServing(`unix:${socket}`, limitMs)));
  return answers.every((one) => one);
}
