import { IpMonitor, KernelNews, NftMonitor, readNftGeneration, whyNoSystemCalls } from 'iproute-exec';

import type { Clock } from '../../../lib/clock/index.js';

/** How soon a change by somebody else is noticed. */
const POLL_MS = 250;

const OBJECTS = ['link', 'address', 'route', 'rule'] as const;

/**
 * Calls back when the ruleset, a link, an address, a route or a rule has changed, by whomever. The kernel is asked four times a second,
 * which costs nothing that could be measured: `ip monitor` and `nft monitor` would print all of a switch in the moment of the
 * switch, when others need the processors. They are used where the kernel cannot be called from here.
 */
export function watchKernel(
  namespace: string | undefined,
  clock: Clock,
  onChange: () => void,
): { close(): Promise<void> } {
  const place = namespace === undefined ? {} : { namespace };
  if (whyNoSystemCalls() !== undefined) {
    const heard = { ...place, onLine: onChange, onLost: onChange };
    const monitors = [new NftMonitor(heard), new IpMonitor({ ...heard, objects: OBJECTS })];
    return {
      close: async () => {
        await Promise.all(monitors.map((monitor) => monitor.close()));
      },
    };
  }
  const news = new KernelNews({ ...place, objects: OBJECTS });
  let generation = readNftGeneration(namespace);
  let cancel = (): void => undefined;
  const wait = (): void => {
    cancel = clock.setTimer(POLL_MS, () => {
      const before = generation;
      generation = readNftGeneration(namespace);
      const hasChanged = news.hasChanged();
      if (hasChanged || generation !== before) onChange();
      wait();
    });
  };
  wait();
  return {
    close: () => {
      cancel();
      news.close();
      return Promise.resolve();
    },
  };
}
