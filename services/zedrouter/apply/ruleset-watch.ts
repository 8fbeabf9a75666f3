import { NftMonitor, readNftGeneration, whyNoSystemCalls } from 'iproute-exec';

import type { Clock } from '../../clock/index.js';

/** How soon a change by somebody else is noticed. */
const POLL_MS = 250;

/**
 * Calls back when the ruleset has changed, by whomever. The number of its generation is asked for four times a second,
 * which costs nothing that could be measured; `nft monitor` would print each element of a switch in the moment of the
 * switch. It is used where the kernel cannot be called from here.
 */
export function watchRuleset(
  namespace: string | undefined,
  clock: Clock,
  onChange: () => void,
): { close(): Promise<void> } {
  if (whyNoSystemCalls() !== undefined) {
    const place = namespace === undefined ? {} : { namespace };
    return new NftMonitor({ ...place, onLine: onChange, onLost: onChange });
  }
  let seen = readNftGeneration(namespace);
  let cancel = (): void => undefined;
  const wait = (): void => {
    cancel = clock.setTimer(POLL_MS, () => {
      const generation = readNftGeneration(namespace);
      if (generation !== seen) onChange();
      seen = generation;
      wait();
    });
  };
  wait();
  return {
    close: () => {
      cancel();
      return Promise.resolve();
    },
  };
}
