/** What is to be read anew. Interfaces by name. */
export interface ReadScope {
  readonly links: ReadonlySet<string>;
  readonly addresses: ReadonlySet<string>;
  readonly routes: boolean;
  /** The name servers of the leases, which have been read already, may differ. */
  readonly dnsServers: boolean;
  /** Interfaces came, went or changed their names: what ip remembers of them is to be dropped first. */
  readonly forgetInterfaces: boolean;
}

const nobody: ReadonlySet<string> = new Set();

export const nothing: ReadScope = {
  links: nobody,
  addresses: nobody,
  routes: false,
  dnsServers: false,
  forgetInterfaces: false,
};

/** All of the given interfaces. */
export function everythingOf(interfaceNames: Iterable<string>): ReadScope {
  const all = new Set(interfaceNames);
  return { links: all, addresses: all, routes: true, dnsServers: true, forgetInterfaces: false };
}

/** What either asks for. */
export function mergeScopes(a: ReadScope, b: ReadScope): ReadScope {
  return {
    links: union(a.links, b.links),
    addresses: union(a.addresses, b.addresses),
    routes: a.routes || b.routes,
    dnsServers: a.dnsServers || b.dnsServers,
    forgetInterfaces: a.forgetInterfaces || b.forgetInterfaces,
  };
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (a.size === 0) return b;
  return b.size === 0 ? a : new Set([...a, ...b]);
}
