/*
 * What was observed of the ports, as values that `decide` reads and that are compared as values. Pure; reading them is
 * the business of services/nim/observe.
 */
export { describeChanges } from './changes.js';
export { testByAddress } from './ip-only-test.js';
export { dnsServersOf, gatewaysOf, ntpServersOf, isWithin, sourceAddressOf, sourceOfRoute } from './port-network.js';
export {
  adviseOnUnusable,
  describeUnusable,
  formatAddress,
  formatObservedRoute,
  isDefaultRoute,
  missingPort,
  sameObservation,
  whyUnusable,
  type LinkState,
  type ObservedAddress,
  type ObservedNetwork,
  type ObservedRoute,
  type PortObservation,
  type PresentPort,
  type UnusableReason,
} from './port-observation.js';
export { noTestFacts, type NetworkSnapshot, type PortFacts, type PortTestFacts } from './snapshot.js';
