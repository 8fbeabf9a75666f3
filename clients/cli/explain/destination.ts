import { InvalidArgumentError } from 'commander';
import { hasPorts, ipProtocolName, ipProtocolNumber } from '../../../lib/configuration/index.js';

/** Where a flow would lead. */
export interface Destination {
  readonly remote: string;
  /** 0: none. */
  readonly remotePort: number;
  /** Number in IP. */
  readonly protocol: number;
}

/**
 * Reads `198.51.100.20:443/tcp`: an address or name, a port, and a protocol by name or number. Without a protocol it is
 * tcp where there is a port, else icmp.
 * @throws InvalidArgumentError
 */
export function destinationIn(text: string): Destination {
  const [, remote = '', port, name] = /^([^\s:/]+)(?::(\d{1,5}))?(?:\/([\w.-]+))?$/.exec(text) ?? [];
  const protocol = ipProtocolNumber(name ?? (port === undefined ? 'icmp' : 'tcp'));
  const remotePort = Number(port ?? 0);
  if (remote === '' || protocol === undefined || remotePort > 65_535) {
    throw new InvalidArgumentError('It is an address or name, port and protocol: 198.51.100.20:443/tcp.');
  }
  if (port !== undefined && !hasPorts(protocol)) {
    throw new InvalidArgumentError(`${ipProtocolName(protocol)} has no ports.`);
  }
  return { remote, remotePort, protocol };
}

/** The same in words: `198.51.100.20 tcp port 443`. */
export function destinationText({ remote, remotePort, protocol }: Destination): string {
  return [remote, ipProtocolName(protocol), ...(remotePort === 0 ? [] : [`port ${remotePort}`])].join(' ');
}
