import { systemClock, whenAborted } from '../clock/index.js';
import { SocketError } from './socket-error.js';
import type { Limits } from './uplink.js';
import { within } from './within.js';

/** More than this many addresses of one host say nothing new of a port. */
const MOST_ADDRESSES = 3;

/**
 * Tries the addresses of a host in order: the next one when one fails, or when it has not succeeded within its part of
 * the time, beside it. The first that succeeds wins, and the others are given up; `dispose` gets what one of them
 * reaches all the same.
 * @throws what the first address failed with, where all do
 */
export async function firstReached<T>(
  addresses: readonly string[],
  { timeoutMs, signal }: Limits,
  reach: (address: string, limits: Limits) => Promise<T>,
  dispose: (reached: T) => void,
): Promise<T> {
  const candidates = addresses.slice(0, MOST_ADDRESSES);
  const dueMs = systemClock.monotonicMs() + timeoutMs;
  const enough = new AbortController();
  const stop = (): void => {
    enough.abort();
  };
  const reaches: Promise<T>[] = [];

  const tryFrom = async (address: string, others: readonly string[]): Promise<T> => {
    const leftMs = Math.max(0, dueMs - systemClock.monotonicMs());
    const reached = reach(address, { timeoutMs: leftMs, signal: enough.signal });
    reaches.push(reached);
    const [next, ...rest] = others;
    if (next === undefined) return reached;
    const turn = within({ timeoutMs: timeoutMs / candidates.length, signal: enough.signal }, ({ resolve }) => {
      reached.catch(resolve);
    });
    const following = turn
      .catch(() => undefined)
      .then(() => {
        if (enough.signal.aborted) throw new SocketError('ABORT_ERR', 'given up by the caller');
        return tryFrom(next, rest);
      });
    return Promise.any([reached, following]);
  };

  const stopListening = whenAborted(signal, stop);
  try {
    const [first, ...others] = candidates;
    if (first === undefined) throw new Error('no address to try');
    const winner = await tryFrom(first, others);
    for (const each of reaches) {
      each.then(
        (reached) => {
          if (reached !== winner) dispose(reached);
        },
        () => undefined,
      );
    }
    return winner;
  } catch (error) {
    // Of the first address, and of all the others together.
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    stopListening();
    stop();
  }
}
