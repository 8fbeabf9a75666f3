/*
 * A filter on what leaves by an interface, as a value, and the program that it is in the kernel. Pure; lib/netlink
 * reads and writes it.
 */
export {
  egressFilterKey,
  formatEgressFilter,
  MOST_REFUSED_RANGES,
  sameEgressFilter,
  type AddressRange,
  type EgressFilter,
} from './egress-filter.js';
export { INSTRUCTION_BYTES, programOf, refusedBy } from './program.js';
