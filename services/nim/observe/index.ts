export { LeaseNameServers, nameServersIn } from './lease-name-servers.js';
export {
  PortObserver,
  type InterfaceObservation,
  type ObservedPort,
  type PortChange,
  type Reading,
} from './port-observer.js';
