import { isOwnTable } from './kernel-reading.js';
import { everythingOf, nothing, type ReadScope } from './read-scope.js';

/** What is known of the interfaces that are watched: their indexes by name, undefined where missing. */
export type WatchedInterfaces = ReadonlyMap<string, number | undefined>;

/** `7: eth0@if8: <...`, `Deleted 7: eth0: <...` */
const linkLine = /^(Deleted )?(\d+): ([^\s:@]+)(?:@[^\s:]+)?: </;
/** `7: eth0    inet 192.0.2.7/24 ...` */
const addressLine = /^(?:Deleted )?(\d+): ([^\s:@]+)\s+(inet6?) /;
/** `default via 192.0.2.1 dev eth0 table 501 ...` */
const routeLine =
  /^(?:Deleted )?(?:(?:unicast|local|broadcast|multicast|throw|unreachable|prohibit|blackhole|anycast|nat) )?(default|[0-9a-f.:]+(?:\/\d+)?) (.*)$/i;
const tableInRoute = /\btable (\d+)\b/;

/**
 * Which reading a line of `ip monitor link address route` asks for. The line only wakes and says where to look; what
 * is there is read from the kernel. Lines of other interfaces ask for nothing, so that a host with hundreds of bridges
 * costs no more than one with none; a line that cannot be understood asks for everything.
 */
export function scopeOfLine(rawLine: string, watched: WatchedInterfaces): ReadScope {
  // Continuation of the line before; that one has asked.
  if (/^(\s|$)/.test(rawLine)) return nothing;
  const line = rawLine.replace(/^\[[A-Z]+\]/, '');
  const link = linkLine.exec(line);
  if (link !== null) return scopeOfLink(link[1] !== undefined, Number(link[2]), link[3] ?? '', watched);
  const address = addressLine.exec(line);
  if (address !== null) {
    const name = address[2] ?? '';
    if (!isWatched(Number(address[1]), name, watched) || address[3] === 'inet6') return nothing;
    return {
      ...nothing,
      links: namesFor(Number(address[1]), name, watched),
      addresses: namesFor(Number(address[1]), name, watched),
    };
  }
  const route = routeLine.exec(line);
  if (route !== null) return scopeOfRoute(route[1] ?? '', route[2] ?? '', watched);
  return everythingOf(watched.keys());
}

function scopeOfLink(deleted: boolean, index: number, name: string, watched: WatchedInterfaces): ReadScope {
  if (!isWatched(index, name, watched)) return nothing;
  const links = namesFor(index, name, watched);
  // Another index under the name, or the index under another name.
  const replaced = deleted || watched.get(name) !== index;
  return replaced
    ? { ...nothing, links, addresses: links, routes: true, forgetInterfaces: true }
    : { ...nothing, links };
}

function scopeOfRoute(destination: string, rest: string, watched: WatchedInterfaces): ReadScope {
  if (destination !== 'default') return nothing;
  if (isOwnTable(Number(tableInRoute.exec(rest)?.[1] ?? 0))) return nothing;
  const interfaces = [...rest.matchAll(/\bdev (\S+)/g)].map((match) => match[1] ?? '');
  return interfaces.length === 0 || interfaces.some((name) => watched.has(name))
    ? { ...nothing, routes: true }
    : nothing;
}

function isWatched(index: number, name: string, watched: WatchedInterfaces): boolean {
  return watched.has(name) || [...watched.values()].includes(index);
}

/** The watched names that a line about this index and name may concern: both sides of a change of name. */
function namesFor(index: number, name: string, watched: WatchedInterfaces): ReadonlySet<string> {
  return new Set(
    [...watched].filter(([known, knownIndex]) => known === name || knownIndex === index).map(([known]) => known),
  );
}
