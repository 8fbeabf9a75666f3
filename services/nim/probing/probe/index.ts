/*
 * One attempt of a test over a port: HTTP(S), TCP, ICMP, keepalive. Says what came of it and what it cost; no
 * verdicts, no retries, no schedule.
 */
export type { ProbePort } from './probe-port.js';
export type { ProbeResult } from './probe-result.js';
export { probe, type ProbeOptions } from './probe.js';
export { pingGateway, keepalive, type KeepaliveMethod } from './keepalive.js';
export { controllerPingTarget } from './targets.js';
export { DnsCache } from './dns-cache.js';
export { TlsClient } from './tls-client.js';
