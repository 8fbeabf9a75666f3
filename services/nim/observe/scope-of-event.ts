import { isPortTable } from '../../../lib/dataplane-layout/index.js';
import type { KernelEvent, Link } from '../../../lib/netlink/index.js';
import { nothing, type ReadScope } from './read-scope.js';

/** The interfaces that are watched, by name; a link is undefined where there is none, or it has not been read yet. */
export type WatchedInterfaces = ReadonlyMap<string, { readonly link: Pick<Link, 'index'> | undefined }>;

/**
 * Which reading an event of the kernel asks for. The event only wakes and says where to look; what is there is read.
 * Events of other interfaces ask for nothing, so that a host with hundreds of bridges costs no more than one with none.
 * Neither do those of IPv6: nothing of it is read.
 */
export function scopeOfEvent(event: KernelEvent, watched: WatchedInterfaces): ReadScope {
  switch (event.kind) {
    case 'link':
      return scopeOfLink(event, watched);
    case 'address': {
      const names = event.family === 'inet' ? namesFor(event.linkIndex, undefined, watched) : nobody;
      return names.size === 0 ? nothing : { ...nothing, links: names, addresses: names };
    }
    case 'route':
      return isOfInterest(event, watched) ? { ...nothing, routes: true } : nothing;
  }
}

const nobody: ReadonlySet<string> = new Set();

function scopeOfLink(event: KernelEvent & { readonly kind: 'link' }, watched: WatchedInterfaces): ReadScope {
  const links = namesFor(event.index, event.name, watched);
  if (links.size === 0) return nothing;
  // Another index under the name, or the index under another name.
  const isReplaced = event.isGone || watched.get(event.name)?.link?.index !== event.index;
  return isReplaced ? { ...nothing, links, addresses: links, routes: true } : { ...nothing, links };
}

/** linux/rtnetlink.h, RTPROT_KERNEL: what the kernel makes of addresses, which have an event of their own. */
const PROTOCOL_KERNEL = 2;

/** Routes of tables that are not made from what is read here; several ways may be anybody's. */
function isOfInterest(event: KernelEvent & { readonly kind: 'route' }, watched: WatchedInterfaces): boolean {
  const { family, table, protocol, linkIndex } = event;
  if (family !== 'inet' || protocol === PROTOCOL_KERNEL || isPortTable(table)) return false;
  return linkIndex === undefined || namesFor(linkIndex, undefined, watched).size > 0;
}

/** The watched names that an event of this index and name may concern: both sides of a change of name. */
function namesFor(index: number, name: string | undefined, watched: WatchedInterfaces): ReadonlySet<string> {
  let names = nobody;
  for (const [known, { link }] of watched) {
    if (known === name || link?.index === index) names = new Set([...names, known]);
  }
  return names;
}
