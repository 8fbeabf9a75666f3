import {
  formatAddress,
  formatObservedRoute,
  isDefaultRoute,
  sameList,
  type LinkState,
  type PortObservation,
  type PresentPort,
} from './port-observation.js';

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
    ...(before.mtu === after.mtu ? [] : [`MTU is now ${after.mtu}`]),
    ...routeChanges(before, after),
    ...listChange('name servers', before.dnsServers, after.dnsServers),
    ...listChange('time servers', before.ntpServers ?? [], after.ntpServers ?? []),
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
    ...deprecationChanges(before, after),
    // Where no route says otherwise, traffic leaves with the first.
    ...(gone.length === 0 && added.length === 0 && !sameList(had, has)
      ? [`address ${has[0] ?? ''} is now the first`]
      : []),
  ];
}

/** Addresses may be there several times (`peer`): each is compared with the one at its own place among its equals. */
function deprecationChanges(before: PresentPort, after: PresentPort): readonly string[] {
  const left = [...before.addresses];
  return after.addresses.flatMap((address) => {
    const text = formatAddress(address);
    const position = left.findIndex((one) => formatAddress(one) === text);
    const [known] = position < 0 ? [] : left.splice(position, 1);
    if (known === undefined || known.isDeprecated === address.isDeprecated) return [];
    return [address.isDeprecated === true ? `address ${text} is deprecated` : `address ${text} is preferred again`];
  });
}

function routeChanges(before: PresentPort, after: PresentPort): readonly string[] {
  const gateways = listChange('gateway', gatewayWords(before), gatewayWords(after));
  // Where the gateways say what changed, the default routes need not say it again.
  const told = ({ routes }: PresentPort): readonly string[] =>
    routes.filter((route) => gateways.length === 0 || !isDefaultRoute(route)).map(formatObservedRoute);
  const [had, has] = [told(before), told(after)];
  const [gone, added] = [without(had, has), without(has, had)];
  return [
    ...gateways,
    ...gone.map((route) => `route ${route} gone`),
    ...added.map((route) => `route ${route} added`),
    ...(gone.length === 0 && added.length === 0 && !sameList(had, has) ? ['routes in another order'] : []),
  ];
}

function gatewayWords({ routes }: PresentPort): readonly string[] {
  return routes.filter(isDefaultRoute).map(({ gateway }) => gateway ?? 'none needed (on the link)');
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
