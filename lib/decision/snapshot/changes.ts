import { formatAddress, sameList, type LinkState, type PortObservation, type PresentPort } from './port-observation.js';

/**
 * What differs between two observations of a port, in words, for logs and events: "carrier lost", "address 192.0.2.7/24
 * gone". Empty exactly where they are the same (`sameObservation`). `before` undefined: the port was not watched.
 */
export function describeChanges(before: PortObservation | undefined, after: PortObservation): readonly string[] {
  if (before === undefined) return ['first reading'];
  if (before.kind === 'missing') return after.kind === 'missing' ? [] : ['interface appeared'];
  if (after.kind === 'missing') return ['interface missing'];
  return [
    ...(before.index === after.index ? [] : ['interface index changed']),
    ...linkChanges(before.link, after.link),
    ...addressChanges(before, after),
    ...(before.macAddress === after.macAddress ? [] : [`MAC address is now ${after.macAddress}`]),
    ...listChange('gateway', before.gateways, after.gateways),
    ...listChange('name servers', before.dnsServers, after.dnsServers),
  ];
}

function linkChanges(before: LinkState, after: LinkState): readonly string[] {
  if (before === after) return [];
  switch (after) {
    case 'admin-down':
      return ['switched off'];
    case 'no-carrier':
      return before === 'admin-down' ? ['switched on, no carrier'] : ['carrier lost'];
    case 'up':
      return [before === 'admin-down' ? 'switched on, carrier present' : 'carrier back'];
  }
}

function addressChanges(before: PresentPort, after: PresentPort): readonly string[] {
  const had = before.addresses.map(formatAddress);
  const has = after.addresses.map(formatAddress);
  const [gone, added] = [without(had, has), without(has, had)];
  return [
    ...gone.map((address) => `address ${address} gone`),
    ...added.map((address) => `address ${address} added`),
    // The first address is the one that traffic leaves with.
    ...(gone.length === 0 && added.length === 0 && !sameList(had, has)
      ? [`address ${has[0] ?? ''} is now the first`]
      : []),
  ];
}

/** The items that are left when each of `taken` has taken one like it. Several ends may share an address (`peer`). */
function without(items: readonly string[], taken: readonly string[]): readonly string[] {
  const left = [...taken];
  return items.filter((item) => {
    const position = left.indexOf(item);
    if (position >= 0) left.splice(position, 1);
    return position < 0;
  });
}

function listChange(what: string, before: readonly string[], after: readonly string[]): readonly string[] {
  if (sameList(before, after)) return [];
  return [after.length === 0 ? `${what} gone` : `${what} now ${after.join(', ')}`];
}
