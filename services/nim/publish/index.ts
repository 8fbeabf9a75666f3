export type { ConfigurationInForce } from './configuration-in-force.js';
export { Publisher, type Published, type TestStatusEntry } from './publisher.js';
export { candidateMessage, testStatusOf } from './test-status.js';
export { WallTime } from './timestamp.js';
export { causeMessages } from './enums.js';
