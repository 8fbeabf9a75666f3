import { isIP } from 'node:net';

/** RFC 9562 in its usual form, any version. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/**
 * What the kernel takes as the name of an interface (dev_valid_name), less what no system of names produces, and what
 * ip and nft would read as something else. It may begin with a dot. `all` and `default` the kernel refuses, too: their
 * sysctls are those of every interface (sysctl_dev_name_is_allowed). The one check: what comes after it takes names as
 * they are.
 */
export function isInterfaceName(text: string): boolean {
  return /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,14}$/.test(text) && !['.', '..', 'all', 'default'].includes(text);
}

/** Interfaces that are there already (lo) or that EVE and we make (bridges bn1, ..., tunnels tn1, ...): no uplinks. */
export function isTakenInterfaceName(text: string): boolean {
  return /^(lo|bn\d+|tn\d+)$/.test(text);
}

/** A label or name: printable, without quotes, so that it can stand in logs, rules and files as it is. */
export function isLabel(text: string): boolean {
  return /^[^\p{C}\p{Zl}\p{Zp}"'`\\]{1,128}$/u.test(text) && text.trim() === text;
}

/** A host name or domain (RFC 1123), as dnsmasq reads it. */
export function isHostName(text: string): boolean {
  return (
    text.length <= 253 &&
    /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/.test(text)
  );
}

/**
 * A host name that a lease can carry. dnsmasq takes parts of a dhcp-host line by what they look like: `ignore` would
 * refuse the lease, `8.8.8.8` or another host's address be the address, `45m`, `3600` or `infinite` the time; and it
 * takes no name that begins with an underscore.
 */
export function isLeasedName(text: string): boolean {
  return isHostName(text) && isIP(text) === 0 && !/^(ignore|infinite|deprecated|\d+[smhdw]?)$|^_|\._/i.test(text);
}

/** Lower case with colons; undefined where it is not a unicast hardware address. */
export function macAddressOf(text: string): string | undefined {
  const lower = text.toLowerCase().replaceAll('-', ':');
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(lower) || lower === '00:00:00:00:00:00') return undefined;
  return (Number.parseInt(lower.slice(0, 2), 16) & 1) === 1 ? undefined : lower;
}
