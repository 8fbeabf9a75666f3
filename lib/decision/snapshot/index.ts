export { describeChanges } from './changes.js';
export { testByAddress } from './ip-only-test.js';
export { dnsServersOf, gatewaysOf } from './port-network.js';
export {
  describeUnusable,
  formatAddress,
  missingPort,
  sameObservation,
  whyUnusable,
  type LinkState,
  type ObservedAddress,
  type PortObservation,
  type PresentPort,
  type UnusableReason,
} from './port-observation.js';
export { noTestFacts, type NetworkSnapshot, type PortFacts, type PortTestFacts } from './snapshot.js';
