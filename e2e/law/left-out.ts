import type { FaultKind } from '../../lab/index.js';

/**
 * Faults that the ten seeds of the tests go without, because status does not tell them yet. `npm run law` has them all.
 */
export const leftOut: ReadonlyMap<FaultKind, string> = new Map([
  ['tcp-dropped', 'an echo answered counts for TCP, too'],
  ['tcp-reset', 'an echo answered counts for TCP, too'],
  ['tcp-accelerated', 'a connection that anybody accepts counts'],
  ['portal', 'a connection that anybody accepts counts'],
  ['large-dropped', 'nothing large is tried'],
  ['foreign-forward-drop', 'nobody looks at the firewall of somebody else'],
]);
