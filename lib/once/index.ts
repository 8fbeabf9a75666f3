/*
 * The memo of the house: what follows from a value, made once for each value and kept as long as that lives; or once
 * for each value and key, or for what it was last asked with, or with pauses. Pure.
 */
export { lastPer, type LastPerOptions } from './last-per.js';
export { oncePer } from './once-per.js';
export { oncePerInSlices, type OncePerInSlices } from './once-per-in-slices.js';
export { oncePerKey } from './once-per-key.js';
