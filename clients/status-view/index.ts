/*
 * The state of ports and network instances as an operator's client holds it: read once, or followed over the three
 * streams. `view.ts` is pure; the others ask services.
 */
export { followView } from './follow-view.js';
export { emptyView, type StatusView } from './view.js';
