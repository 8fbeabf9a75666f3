/*
 * What an access list says of a packet: pure, and the same that the kernel's rules do
 * (services/zedrouter/desired/access.ts makes those of the same entries).
 */
export { allowsEverything } from './allows-everything.js';
export { accessNotices } from './notices.js';
export { describeEntry } from './describe.js';
export { verdict, type AccessFlow, type Surroundings, type Verdict } from './verdict.js';
