/*
 * Reads ports from the kernel and compares them by value. An event only says where to read again; state follows from
 * readings alone.
 */
export { LeaseServers, serversIn, type ServersOfLease } from './lease-servers.js';
export { PortIdentities } from './port-identity.js';
export {
  PortObserver,
  type InterfaceObservation,
  type ObservedPort,
  type PortChange,
  type Reading,
} from './port-observer.js';
