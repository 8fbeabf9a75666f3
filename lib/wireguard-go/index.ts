/*
 * wireguard-go, which does WireGuard where the kernel has none: configured and read over its socket, in the same values
 * as a device of the kernel (lib/netlink). Its process is started by lib/iproute-exec.
 */
export { formatUapiChange, parseUapiDevice } from './uapi.js';
export { UapiClient, UapiError } from './uapi-client.js';
