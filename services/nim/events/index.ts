/*
 * The log of events: what an operator reads later about switches, ports, policy and configuration. Kinds and fields of
 * events are an interface; the file is bounded.
 */
export type { ManagerEvent, LoggedEvent, PolicyChangeType } from './event.js';
export { EventLog } from './event-log.js';
export { eventMessage } from './event-message.js';
export { LineFile } from './line-file.js';
