import { checked, libc, openUnixSocket, SOCK_DGRAM, unixAddress } from '../../lib/libc/index.js';

/** The service manager that started this process, as far as it wants to hear of it (sd_notify(3)). */
export interface ServiceManager {
  /** Within which time it wants to hear that this process lives; undefined: it does not ask. */
  readonly watchdogMs: number | undefined;
  /** Tells it, for example `READY=1`. Does nothing where nobody listens. */
  readonly tell: (...assignments: readonly string[]) => void;
}

/**
 * The service manager that the environment names. `pid`: WATCHDOG_USEC may be meant for another process.
 * `onFailure`: it could not be told, which is its loss and not that of whoever is served.
 */
export function serviceManagerOf(
  environment: NodeJS.ProcessEnv,
  pid: number,
  onFailure: (error: unknown) => void,
): ServiceManager {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: watchdogUs, WATCHDOG_PID: watchdogPid } = environment;
  if (socket === undefined || !/^[/@]./.test(socket)) return { watchdogMs: undefined, tell: () => undefined };
  const isMeant = watchdogPid === undefined || Number(watchdogPid) === pid;
  const watchdogMs = isMeant && Number(watchdogUs) > 0 ? Number(watchdogUs) / 1_000 : undefined;
  return {
    watchdogMs,
    tell: (...assignments) => {
      try {
        sendDatagram(socket, assignments.join('\n'));
      } catch (error) {
        onFailure(error);
      }
    },
  };
}

function sendDatagram(socket: string, text: string): void {
  const address = unixAddress(socket);
  const descriptor = openUnixSocket(SOCK_DGRAM);
  try {
    const bytes = Buffer.from(text, 'utf8');
    checked(libc().sendto(descriptor, bytes, bytes.length, 0, address, address.length), 'telling the service manager');
  } finally {
    libc().close(descriptor);
  }
}
