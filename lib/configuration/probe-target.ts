import { isIPv4, isIPv6, SocketAddress } from 'node:net';

import { isHostName } from './syntax.js';

/** Where a test of connectivity goes: plain data, checked once, so that whoever probes it need not look again. */
export type ProbeTarget =
  | { readonly kind: 'icmp'; readonly host: Host }
  | { readonly kind: 'tcp'; readonly host: Host; readonly port: number }
  /** `path` begins with a slash and holds the query too. */
  | { readonly kind: 'http' | 'https'; readonly host: Host; readonly port: number; readonly path: string };

/** A name is lower case and without the root's dot; an address is in its canonical form (RFC 5952). */
export type Host =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'address'; readonly family: 4 | 6; readonly address: string };

/** What `parseTarget` answers. */
export type ParsedTarget =
  { readonly kind: 'valid'; readonly target: ProbeTarget } | { readonly kind: 'invalid'; readonly problem: string };

const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const LONGEST_TARGET = 2048;

/**
 * Reads `https://...`, `http://...`, `tcp://host:port`, `icmp://host`, or a bare address or host name, which means icmp
 * (docs/design.md#tests-of-a-port). Addresses of IPv6 stand in brackets; a bare one need not. Never throws.
 */
export function parseTarget(text: string): ParsedTarget {
  try {
    return { kind: 'valid', target: targetOf(text) };
  } catch (error) {
    if (error instanceof TargetProblem) return { kind: 'invalid', problem: error.message };
    throw error;
  }
}

/** The one text of a target: equal for targets that are the same, and `parseTarget` reads it back. */
export function targetKey(target: ProbeTarget): string {
  const host = hostText(target.host);
  switch (target.kind) {
    case 'icmp':
      return `icmp://${host}`;
    case 'tcp':
      return `tcp://${host}:${target.port}`;
    case 'http':
    case 'https': {
      const port = target.port === DEFAULT_PORTS[target.kind] ? '' : `:${target.port}`;
      return `${target.kind}://${host}${port}${target.path}`;
    }
  }
}

/** Whether a target's own test is light: an echo, or a connection that is opened and closed, without TLS and HTTP. */
export function isLightTarget({ kind }: ProbeTarget): boolean {
  return kind === 'icmp' || kind === 'tcp';
}

/** As it stands in a URL: addresses of IPv6 in brackets. */
export function hostText(host: Host): string {
  if (host.kind === 'name') return host.name;
  return host.family === 6 ? `[${host.address}]` : host.address;
}

/** A target from the parts that EVE's ConnectivityProbe gives. @returns as parseTarget. */
export function targetOfParts(kind: 'icmp' | 'tcp', host: string, port: number): ParsedTarget {
  const bracketed = isIPv6(host) ? `[${host}]` : host;
  return parseTarget(kind === 'icmp' ? `icmp://${bracketed}` : `tcp://${bracketed}:${port}`);
}

class TargetProblem extends Error {}

function targetOf(text: string): ProbeTarget {
  if (text.length > LONGEST_TARGET) throw new TargetProblem(`must not be longer than ${LONGEST_TARGET} characters`);
  if (/[\s\p{C}]/u.test(text)) throw new TargetProblem('must not hold white space or control characters');
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text) ?? [];
  switch (scheme?.toLowerCase()) {
    case undefined:
      return bareTarget(text);
    case 'icmp':
      return { kind: 'icmp', host: hostOf(rest) };
    case 'tcp': {
      const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(rest) ?? [];
      if (host === '') throw new TargetProblem('must name a port, as in tcp://host:443');
      return { kind: 'tcp', host: hostOf(host), port: portOf(port) };
    }
    case 'http':
      return urlTarget('http', text);
    case 'https':
      return urlTarget('https', text);
    default:
      throw new TargetProblem(`must begin with https://, http://, tcp:// or icmp://, and not with ${scheme ?? ''}://`);
  }
}

function bareTarget(text: string): ProbeTarget {
  if (/^([^:]*|\[.*\]):\d+$/.test(text)) {
    throw new TargetProblem(`must say what is to be tried at that port, as in tcp://${text}`);
  }
  return { kind: 'icmp', host: hostOf(text) };
}

function urlTarget(kind: 'http' | 'https', text: string): ProbeTarget {
  // WHATWG URLs mend much that is wrong; what they would have to mend here is told instead.
  if (!/^https?:\/\/[^/\\?#]/i.test(text)) throw new TargetProblem('names no host');
  if (/^https?:\/\/[^/\\?#]*@/i.test(text)) {
    throw new TargetProblem('must not hold a user name or password: whoever sees the status would see them');
  }
  if (text.includes('#')) throw new TargetProblem('must not hold a #fragment, which no server ever sees');
  if (text.includes('\\')) throw new TargetProblem('must not hold a backslash');
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TargetProblem('is no URL');
  }
  const port = url.port === '' ? DEFAULT_PORTS[kind] : portOf(url.port);
  return { kind, host: hostOf(url.hostname), port, path: `${url.pathname}${url.search}` };
}

function portOf(digits: string): number {
  const port = Number(digits);
  if (port >= 1 && port <= 65_535) return port;
  throw new TargetProblem('must name a port from 1 to 65535');
}

function hostOf(text: string): Host {
  const bracketed = /^\[(.*)\]$/.exec(text)?.[1];
  const plain = bracketed ?? text;
  if (isIPv6(plain)) return { kind: 'address', family: 6, address: ipv6Of(plain) };
  if (bracketed !== undefined) throw new TargetProblem('holds in brackets what is no address of IPv6');
  if (isIPv4(plain)) return { kind: 'address', family: 4, address: ipv4Of(plain) };
  const name = plain.toLowerCase().replace(/\.$/, '');
  // A last label of digits alone is a mistyped address and no name (RFC 1123, 2.1; WHATWG URL, "ends in a number").
  if (!isHostName(name) || /(^|\.)\d+$/.test(name)) {
    throw new TargetProblem(name === '' ? 'names no host' : `${JSON.stringify(plain)} is no address and no host name`);
  }
  if (name === 'localhost' || name.endsWith('.localhost')) {
    throw new TargetProblem(`${name} is this device itself, and proves nothing of a port`);
  }
  return { kind: 'name', name };
}

function ipv4Of(address: string): string {
  const [first = 0] = address.split('.').map(Number);
  if (first === 0 || first === 127 || first >= 224) throw notBeyondAPort(address);
  return address;
}

function ipv6Of(text: string): string {
  if (text.includes('%')) throw new TargetProblem('must not name a zone: the port decides');
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  if (address.startsWith('::ffff:')) throw new TargetProblem('is an IPv4 address in disguise: write it as 192.0.2.1');
  if (address === '::' || address === '::1' || address.startsWith('ff')) throw notBeyondAPort(address);
  return address;
}

function notBeyondAPort(address: string): TargetProblem {
  return new TargetProblem(`${address} is no address of a host that a port could lead to`);
}
