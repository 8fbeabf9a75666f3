import { numberField, parseEach, stringField, type JsonObject } from './fields.js';
import { parseLink, type IpLink } from './links.js';
import { scopeName } from './rtnetlink-names.js';

/** One address of a device, from `addr_info`. */
export interface IpAddress {
  readonly family: 'inet' | 'inet6';
  readonly local: string;
  readonly prefixlen: number;
  /** 'global', 'link', 'host', 'site'. */
  readonly scope: string;
  /** Seconds until the kernel removes it, Infinity for ever. */
  readonly validLifetimeSeconds: number;
  /** Given by DHCP or a router advertisement, as far as its giver told the kernel: it has a lifetime. */
  readonly dynamic: boolean;
  /** IPv6 duplicate address detection is not through yet, or has failed: the address must not be used. */
  readonly tentative: boolean;
}

/** A device and its addresses, as `ip -j -d address show` prints them. */
export interface IpLinkWithAddresses extends IpLink {
  readonly addresses: readonly IpAddress[];
}

/** How the kernel says "for ever" in a lifetime. */
const foreverSeconds = 0xffff_ffff;

/** The devices and addresses in the output of `ip -j -d address show`; what is not understood is left out. Never throws. */
export function parseAddresses(json: unknown): readonly IpLinkWithAddresses[] {
  return parseEach(json, (object) => {
    const link = parseLink(object);
    return link === undefined ? undefined : { ...link, addresses: parseEach(object.addr_info, parseAddress) };
  });
}

function parseAddress(object: JsonObject): IpAddress | undefined {
  const family = stringField(object, 'family');
  const local = stringField(object, 'local');
  const prefixlen = numberField(object, 'prefixlen');
  if ((family !== 'inet' && family !== 'inet6') || local === undefined || prefixlen === undefined) return undefined;
  const validLifetime = numberField(object, 'valid_life_time') ?? foreverSeconds;
  return {
    family,
    local,
    prefixlen,
    scope: scopeName(object.scope) ?? 'global',
    validLifetimeSeconds: validLifetime === foreverSeconds ? Infinity : validLifetime,
    dynamic: object.dynamic === true,
    tentative: object.tentative === true || object.dadfailed === true,
  };
}
