/*
 * What an operator sees, as text: pure functions from messages to lines. The command line and the lab print with them.
 * Goldens of whole screens stand in the tests; change a screen there first.
 */
export { changeLines } from './change-lines.js';
export { eventLine } from './event-line.js';
export { statusText } from './status-text.js';
export { table } from './table.js';
