/*
 * Runs one or all of the services in this process, with their logs, metrics and end. The only room that imports all
 * three; it knows their entries and nothing inside.
 */
export { serve, serveCleanUp, serviceNames, type ServeOptions, type ServiceName } from './serve.js';
