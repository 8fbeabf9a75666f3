import type { Clock } from '../../../lib/clock/index.js';
import { KernelDirty, readNftGeneration } from '../../../lib/netlink/index.js';

/** How soon a change by somebody else is noticed. */
const POLL_MS = 250;

/**
 * Calls back when the ruleset, a link, an address, a route, a rule or a setting of forwarding has changed, by
 * whomever. The kernel is asked four
 * times a second, which costs nothing that could be measured, and wakes nobody in the moment of a switch, when others
 * need the processors.
 * @throws NetlinkError where the kernel cannot be asked from here.
 */
export function watchKernel(namespace: string | undefined, clock: Clock, onChange: () => void): { close(): void } {
  const dirty = new KernelDirty({ namespace, objects: ['link', 'address', 'route', 'rule', 'forwarding'] });
  let generation = readNftGeneration(namespace);
  let cancel = (): void => undefined;
  const wait = (): void => {
    cancel = clock.setTimer(POLL_MS, () => {
      const before = generation;
      generation = readNftGeneration(namespace);
      const hasChanged = dirty.hasChanged();
      if (hasChanged || generation !== before) onChange();
      wait();
    });
  };
  wait();
  return {
    close: () => {
      cancel();
      dirty.close();
    },
  };
}
