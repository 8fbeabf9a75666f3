/*
 * A device with its ISPs, apps and an internet, in network namespaces of its own, and the tour of it. Whatever it
 * makes it removes. Starts services as processes and asks them as any client does; imports none.
 */
export { createLab } from './create.js';
export type { LabOptions } from './lab-options.js';
export { Lab, type DoneAt } from './lab.js';
export { removeLab } from './removal.js';
export {
  deviceFaultKinds,
  faultFromText,
  faultText,
  isInstant,
  portFaultKinds,
  type DeviceFaultKind,
  type Fault,
  type FaultKind,
  type PortFaultKind,
} from './faults/fault.js';
export { inflict } from './faults/inflict.js';
export { badHost } from './faults/bad-host.js';
export { sabotage, sabotageKinds, type SabotageKind } from './faults/sabotage.js';
export { Agent } from './hosts/agent-client.js';
export type { AgentCalls } from './hosts/calls.js';
export type { App } from './app.js';
export { appServerPorts } from './app.js';
export type { Isp } from './isp/isp.js';
export { countedBetween, type IspCounters, type Traffic } from './isp/counters.js';
export { LabProcess, type ExitStatus } from './processes.js';
export type { ServiceSet, ServiceSetOptions } from './service-set.js';
export { commandFile, serviceNames, type ServiceName, type ServiceProcess } from './service-process.js';
export { networkInstanceIds, networkInstanceOf, portMaps, shipConfiguration, type ShipOptions } from './ship.js';
export { fileBytes } from './hosts/http-servers.js';
export { createTestLab } from './test-lab.js';
export { DownloadProcess, type SeenEvent } from './download-process.js';
export { PolicyCalls } from './policy-calls.js';
export {
  APP_INTERFACE,
  appNames,
  drawTopology,
  hostNames,
  internetAddresses,
  internetHostName,
  portNames,
  servicePorts,
  type AppName,
  type HostName,
  type PortName,
  type Topology,
} from './topology.js';
export { monotonicMs } from './monotonic.js';
export type { Outage } from './traffic/outages.js';
export type { SessionBreak, TcpSessionReport, TcpSessionSpec } from './traffic/tcp-session.js';
export type { UdpStreamReport, UdpStreamSpec } from './traffic/udp-stream.js';
export { startWireGuardGateway, type WireGuardGateway } from './wireguard-gateway.js';
export { waitFor, waitUntil } from '../lib/clock/index.js';
