export { CommandError, type CommandFailure } from './command-error.js';
export { run, type RunOptions, type RunResult } from './run.js';
export { missingTools } from './environment.js';
export type { WarnLogger } from './warn-logger.js';

export { IpWriter, type IpWriterOptions } from './ip-writer.js';
export { NetlinkWriter, type NetlinkWriterOptions } from './netlink-writer.js';
export type { IpResult } from './write-pass.js';
export { IpReader, type IpReaderOptions } from './ip-reader.js';
export { NetlinkReader, type NetlinkReaderOptions } from './netlink-reader.js';
export type { IpAnswer } from './read-unit.js';
export { IpMonitor, type IpMonitorOptions, type MonitoredObject } from './ip-monitor.js';
export { NetlinkMonitor, type NetlinkMonitorOptions } from './netlink-monitor.js';
export { KernelNews } from './kernel-news.js';
export type { KernelObject } from './netlink/event-socket.js';
export * from './ip-json/index.js';

export { NftSession, type NftSessionOptions } from './nft-session.js';
export { readNftGeneration } from './netlink/nft-generation.js';
export { changeSetElements, MOST_ELEMENTS, type ElementChange, type ElementChanges } from './netlink/set-elements.js';
export type { ElementPart } from './netlink/element-bytes.js';
export { whyNoSystemCalls } from './netlink/system-calls.js';
export { NftMonitor, type NftMonitorOptions } from './nft-monitor.js';
export { listTableJson, listTableText, type NftFamily, type NftJson, type NftListOptions } from './nft-list.js';

export {
  countFlowsByMark,
  deleteFlowsByMark,
  readTcpFlowsByMark,
  type ConntrackFamily,
  type FlowSelection,
} from './conntrack.js';
export type { FlowTuple, TcpFlow, TcpState } from './netlink/tracked-flows.js';
export { pokeApps, type Poke } from './poke.js';
export type { TcpEndpoint } from './poke-segment.js';
export { readSetCounters, type ElementCount, type SetCountersQuery } from './netlink/set-counters.js';
export {
  reloadDnsmasq,
  runningDnsmasq,
  startDnsmasq,
  stopDnsmasq,
  type DnsmasqOptions,
  type RunningDnsmasq,
} from './dnsmasq.js';
export { readSysctl, writeSysctl, type SysctlOptions } from './sysctl.js';
