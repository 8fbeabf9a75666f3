/** What is to be read anew. Interfaces by name. */
export interface ReadScope {
  readonly links: ReadonlySet<string>;
  /** Some of the links: whose addresses are to be read, too. */
  readonly addresses: ReadonlySet<string>;
  readonly routes: boolean;
  /** The name servers of the leases, which have been read already, may differ. */
  readonly dnsServers: boolean;
}

const nobody: ReadonlySet<string> = new Set();

export const nothing: ReadScope = { links: nobody, addresses: nobody, routes: false, dnsServers: false };

/** All of the given interfaces. */
export function everythingOf(interfaceNames: Iterable<string>): ReadScope {
  const all = new Set(interfaceNames);
  return { links: all, addresses: all, routes: true, dnsServers: true };
}

/** What either asks for. */
export function mergeScopes(a: ReadScope, b: ReadScope): ReadScope {
  if (a === nothing) return b;
  return {
    links: union(a.links, b.links),
    addresses: union(a.addresses, b.addresses),
    routes: a.routes || b.routes,
    dnsServers: a.dnsServers || b.dnsServers,
  };
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (a.size === 0) return b;
  return b.size === 0 ? a : new Set([...a, ...b]);
}
