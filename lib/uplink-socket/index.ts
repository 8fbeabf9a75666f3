/*
 * Every socket that leaves by a port: TCP, TLS, UDP, ICMP and names asked at the port's own servers, bound to the
 * device, with what they cost in bytes. Failures are SocketError or DnsError with the system's codes. No policy.
 */
export { canonicalAddress, familyOf } from './addresses.js';
export type { IpFamily, Limits, Uplink } from './uplink.js';
export { asSocketError, errorCode, SocketError } from './socket-error.js';
export { addTraffic, noTraffic, TrafficTally, type Traffic } from './traffic.js';
export { within, type Settle } from './within.js';
export { ReadBuffers } from './read-buffers.js';
export { connectTcp, tcpInfo, type TcpOptions } from './tcp.js';
export { openTunnel, ProxyError, proxyProblem } from './proxy-tunnel.js';
export { openUdp } from './udp.js';
export { openPing, type EchoReply, type PingSocket } from './ping.js';
export { permitPing, type PermissionLogger } from './ping-permission.js';
export { neighbourState, type NeighbourState } from './neighbour.js';
export { resolve, type Resolution, type ResolveOptions } from './dns/resolve.js';
export { DnsError, type DnsFailure } from './dns/dns-error.js';
export { firstReached } from './first-reached.js';
export { systemCertificates } from './system-certificates.js';
export { CertificateError, startTls, trustIn, type CertificateProblem, type TlsOptions } from './tls.js';
