import { X509Certificate } from 'node:crypto';
import { BlockList, isIP } from 'node:net';

import { proxyProto, type ProxyConfig } from '../../gen/evecommon/netcmn.js';
import type { ProbeTarget } from './probe-target.js';
import { isHostName } from './syntax.js';

/** The proxies of a port, for what the device itself asks over it. What apps send goes straight. */
export interface PortProxies {
  /** For `http://`; undefined: straight. */
  readonly http: ProxyAddress | undefined;
  /** For `https://`; undefined: straight. */
  readonly https: ProxyAddress | undefined;
  /**
   * What is reached straight: a name with all below it, with a leading dot what is below it alone; an address; a
   * network; `*`. Each with `:port`, or without for every port. Lower case.
   */
  readonly exceptions: readonly string[];
  /** PEM: who may have signed what servers show through the proxies, beside whoever is trusted anyway. */
  readonly certificateAuthorities: readonly string[];
}

/** More is meant by nobody; each is looked at for every request. */
export const MOST_EXCEPTIONS = 256;
export const MOST_CERTIFICATES = 16;

/** Where a proxy is. */
export interface ProxyAddress {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What is asked for, as far as proxies are concerned. `host`: a name or an address without brackets. */
export interface ProxiedTarget {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/**
 * The explicit proxies of a network (evecommon.ProxyConfig), as far as they can be read; the field reference says what
 * is refused at a push. Undefined: none.
 */
export function interpretProxies(config: ProxyConfig | undefined): PortProxies | undefined {
  if (config === undefined) return undefined;
  const serverFor = (wanted: proxyProto): ProxyAddress | undefined =>
    config.proxies.flatMap(({ proto, server, port }) =>
      proto === wanted ? (proxyAddress(server, port) ?? []) : [],
    )[0];
  const [http, https] = [serverFor(proxyProto.PROXY_HTTP), serverFor(proxyProto.PROXY_HTTPS)];
  if (http === undefined && https === undefined) return undefined;
  return {
    ...{ http, https },
    exceptions: exceptionsIn(config.exceptions).slice(0, MOST_EXCEPTIONS).filter(isException),
    certificateAuthorities: config.proxyCertPEM
      .slice(0, MOST_CERTIFICATES)
      .map((pem) => Buffer.from(pem).toString('utf8'))
      .filter(isCertificate),
  };
}

/**
 * A proxy from its two fields; undefined where they name none. `http://` may stand before the host: that is how a proxy
 * is spoken to.
 */
export function proxyAddress(server: string, port: number): ProxyAddress | undefined {
  const host = server
    .replace(/^http:\/\//i, '')
    .replace(/\/$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  if (port < 1 || port > 65_535 || (isIP(host) === 0 && !isHostName(host))) return undefined;
  return { host: host.toLowerCase(), port };
}

/** The single exceptions of the field, in lower case. */
export function exceptionsIn(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((one) => one !== '');
}

/** Whether an exception can mean anything. */
export function isException(text: string): boolean {
  const { place, port } = partsOf(text);
  if (port !== undefined && !(port >= 1 && port <= 65_535)) return false;
  return (
    place === '*' || isIP(place) !== 0 || networkIn(place) !== undefined || isHostName(place.replace(/^\*?\./, ''))
  );
}

/** Whether a text is a certificate in PEM form. */
export function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== '';
  } catch {
    return false;
  }
}

/** The proxy by which something is asked for; undefined: it is reached straight. */
export function proxyFor(proxies: PortProxies | undefined, target: ProxiedTarget): ProxyAddress | undefined {
  const proxy = proxies?.[target.scheme];
  if (proxies === undefined || proxy === undefined) return undefined;
  return proxies.exceptions.some((exception) => isExcepted(exception, target)) ? undefined : proxy;
}

/** The proxy by which a target of tests is asked for; undefined: straight, as everything is that is no HTTP. */
export function proxyOfTarget(target: ProbeTarget, proxies: PortProxies | undefined): ProxyAddress | undefined {
  if (target.kind !== 'http' && target.kind !== 'https') return undefined;
  const host = target.host.kind === 'name' ? target.host.name : target.host.address;
  return proxyFor(proxies, { scheme: target.kind, host, port: target.port });
}

function isExcepted(exception: string, target: ProxiedTarget): boolean {
  const { place, port } = partsOf(exception);
  if (port !== undefined && port !== target.port) return false;
  if (place === '*') return true;
  const host = target.host.toLowerCase();
  const family = isIP(host);
  if (family !== 0) {
    const network = networkIn(place);
    return place === host || network?.check(host, family === 4 ? 'ipv4' : 'ipv6') === true;
  }
  const isBelowAlone = /^\*?\./.test(place);
  const name = place.replace(/^\*?\./, '');
  return host.endsWith(`.${name}`) || (!isBelowAlone && host === name);
}

/** `example.com:8080`, `10.0.0.0/8`, `[2001:db8::1]:443` */
function partsOf(exception: string): { readonly place: string; readonly port: number | undefined } {
  const [, bracketed, ofBracketed] = /^\[(.*)\](?::(\d+))?$/.exec(exception) ?? [];
  if (bracketed !== undefined) {
    return { place: bracketed, port: ofBracketed === undefined ? undefined : Number(ofBracketed) };
  }
  const [, place, port] = /^([^:]*):(\d+)$/.exec(exception) ?? [];
  return place === undefined ? { place: exception, port: undefined } : { place, port: Number(port) };
}

function networkIn(text: string): BlockList | undefined {
  const [, address = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(digits) > (family === 4 ? 32 : 128)) return undefined;
  const network = new BlockList();
  network.addSubnet(address, Number(digits), family === 4 ? 'ipv4' : 'ipv6');
  return network;
}
