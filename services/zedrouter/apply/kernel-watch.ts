import type { Clock } from '../../../lib/clock/index.js';
import { KernelDirty, readNftGeneration } from '../../../lib/netlink/index.js';

/**
 * How soon a change by somebody else is noticed: short enough to repair a flushed ruleset within 100 ms. Each time
 * wakes a processor, which costs a small device more than the asking.
 */
const POLL_MS = 50;

/** What has changed: rules of nft, or links with their filters, addresses, routes and rules of routing. */
export type ChangedPart = 'ruleset' | 'routing';

/**
 * Calls back when the ruleset, a link, a filter, an address, a route, a rule or a setting of forwarding has changed, by
 * whomever.
 * The kernel is asked twenty times a second, at some 30 us each, and wakes nobody in the moment of a switch, when
 * others need the processors.
 * @throws NetlinkError where the kernel cannot be asked from here.
 */
export function watchKernel(
  namespace: string | undefined,
  clock: Clock,
  onChange: (part: ChangedPart) => void,
): { close(): void } {
  const dirty = new KernelDirty({ namespace, objects: ['link', 'address', 'route', 'rule', 'forwarding', 'filter'] });
  let generation = readNftGeneration(namespace);
  let cancel = (): void => undefined;
  const wait = (): void => {
    cancel = clock.setTimer(POLL_MS, () => {
      const before = generation;
      generation = readNftGeneration(namespace);
      if (generation !== before) onChange('ruleset');
      if (dirty.hasChanged()) onChange('routing');
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
