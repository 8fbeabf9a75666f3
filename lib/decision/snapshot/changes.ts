import { formatAddress, type LinkState, type PortObservation, type PresentPort } from './port-observation.js';

/**
 * What differs between two observations of a port, in words: "carrier lost", "address 192.0.2.7/24 gone". Empty where
 * they are equal, so that this is also the comparison. `before` undefined: the port was not watched.
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
  return [
    ...had.filter((address) => !has.includes(address)).map((address) => `address ${address} gone`),
    ...has.filter((address) => !had.includes(address)).map((address) => `address ${address} added`),
    // The first address is the one that traffic leaves with.
    ...(had.length === has.length && had.every((address) => has.includes(address)) && had.join() !== has.join()
      ? [`address ${has[0] ?? ''} is now the first`]
      : []),
  ];
}

function listChange(what: string, before: readonly string[], after: readonly string[]): readonly string[] {
  if (before.length === after.length && before.every((item, position) => item === after[position])) return [];
  return [after.length === 0 ? `${what} gone` : `${what} now ${after.join(', ')}`];
}
