/*
 * The memo of the house: what follows from a value, made once for each value and kept as long as that lives. Pure.
 */
export { oncePer } from './once-per.js';
