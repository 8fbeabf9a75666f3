import { systemClock, whenAborted } from '../clock/index.js';
import { SocketError } from './socket-error.js';
import type { Limits } from './uplink.js';

/** How something that is awaited ends; only the first call counts. */
export interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** A timer that fires this much too late says that the event loop was busy, and not that the network is slow. */
const NOTICEABLE_LATENESS_MS = 20;

/**
 * Waits for what `begin` starts, up to the time limit or until the signal aborts. `begin` is not called where it has
 * aborted already.
 *
 * A timer that fires late because the event loop was busy must not fail what is already in the socket: before the
 * verdict the loop reads what has arrived, and the time that the loop was away is given once more.
 * @throws SocketError ETIMEDOUT, ABORT_ERR; and what was rejected with
 */
export function within<T>({ timeoutMs, signal }: Limits, begin: (settle: Settle<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let stopWaiting = (): void => undefined;
    let stopListening = (): void => undefined;
    let isOver = false;
    const finish = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      stopWaiting();
      stopListening();
      settle();
    };
    const wait = (forMs: number, mayExtend: boolean): void => {
      const dueMs = systemClock.monotonicMs() + forMs;
      stopWaiting = systemClock.setTimer(forMs, () => {
        const latenessMs = systemClock.monotonicMs() - dueMs;
        // Immediates run after the loop has polled for I/O, and so after all that has arrived was handed out.
        const immediate = setImmediate(() => {
          if (mayExtend && latenessMs > NOTICEABLE_LATENESS_MS) {
            wait(Math.min(latenessMs, timeoutMs), false);
          } else {
            finish(() => {
              reject(new SocketError('ETIMEDOUT', `no answer within ${Math.round(timeoutMs)} ms`));
            });
          }
        });
        stopWaiting = () => {
          clearImmediate(immediate);
        };
      });
    };
    stopListening = whenAborted(signal, () => {
      finish(() => {
        reject(aborted());
      });
    });
    if (signal?.aborted === true) return;
    wait(timeoutMs, true);
    try {
      begin({
        resolve: (value) => {
          finish(() => {
            resolve(value);
          });
        },
        reject: (error) => {
          finish(() => {
            reject(error);
          });
        },
      });
    } catch (error) {
      finish(() => {
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    }
  });
}

function aborted(): SocketError {
  return new SocketError('ABORT_ERR', 'given up by the caller');
}
