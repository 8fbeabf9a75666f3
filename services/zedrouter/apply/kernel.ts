import { Rtnetlink } from '../../../lib/netlink/index.js';
import { RulesetCache } from './ruleset-cache.js';

/** Through which this service reads and changes the kernel. */
export interface Kernel {
  /** Undefined: the process's own network namespace. */
  readonly namespace: string | undefined;
  readonly rtnetlink: Rtnetlink;
  readonly ruleset: RulesetCache;
  /** What it was found not to have, and does without. */
  readonly lacks: Set<'egress-filters'>;
}

export function openKernel(namespace: string | undefined): Kernel {
  return { namespace, rtnetlink: new Rtnetlink(namespace), ruleset: new RulesetCache(namespace), lacks: new Set() };
}
