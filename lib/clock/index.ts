/*
 * Time: monotonic, since boot, by the wall, timers, backoff; and a virtual clock for tests. Services take a Clock as an
 * argument, so that tests of waiting run in virtual time. Units are in names. Imports no other room.
 */
export { backoffMs, type Backoff } from './backoff.js';
export type { CancelTimer, Clock } from './clock.js';
export { readBootId } from './boot-id.js';
export { systemClock } from './system-clock.js';
export { pause } from './pause.js';
export { VirtualClock } from './virtual-clock.js';
export { Waiters } from './waiters.js';
export { waitFor, waitUntil, type WaitOptions } from './waiting.js';
export { isAborted, whenAborted } from './when-aborted.js';
