export type { ManagerEvent, LoggedEvent, PolicyChangeType } from './event.js';
export { EventLog } from './event-log.js';
export { eventMessage } from './event-message.js';
