/*
 * What NIM tells: DeviceNetworkStatus and NITS as messages, and their streams. Messages are made of decisions here and
 * nowhere else; equal ones are not sent again.
 */
export type { ConfigurationInForce } from './configuration-in-force.js';
export { byNetworkInstance } from './by-network-instance.js';
export { Publisher, type BudgetOf, type Published, type TestStatusEntry } from './publisher.js';
export { equalButForTimes } from './equality.js';
export { candidateMessage, reasonMessage, testStatusOf } from './test-status.js';
export { secondsOf, WallTime } from './timestamp.js';
export { causeMessages, noPortMessages, testStateMessages } from './enums.js';
export { failureMessage } from './target-status.js';
export { portDifferences } from './port-differences.js';
