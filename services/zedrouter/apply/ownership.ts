import type { Link } from '../../../lib/netlink/index.js';
import { bridgeMacAddress } from '../desired/placement.js';

const PREFIX = 'eve-uplink:';

/** The alias of a bridge of ours: how we know it again, and whose it is. */
export function ownerAlias(niId: string): string {
  return `${PREFIX}${niId}`;
}

/** The network instance of a bridge, from its alias; undefined where the bridge is not ours. */
export function ownerOf(alias: string | undefined): string | undefined {
  return alias?.startsWith(PREFIX) === true ? alias.slice(PREFIX.length) : undefined;
}

/**
 * Whether an interface that has the name of a bridge of ours is somebody else's: it has not our alias, and is not one
 * that we were about to give it, of which the address tells.
 */
export function isForeign({ kind, alias, macAddress }: Link, ourMacAddress: string): boolean {
  if (ownerOf(alias) !== undefined) return false;
  return !(kind === 'bridge' && alias === undefined && macAddress === ourMacAddress);
}

/** Numbers of network instances whose bridge's name an interface of somebody else has. */
export function takenNumbers(links: readonly Link[]): ReadonlySet<number> {
  return new Set(
    links.flatMap((link) => {
      const number = Number(/^bn([1-9]\d*)$/.exec(link.name)?.[1] ?? 0);
      return number > 0 && isForeign(link, bridgeMacAddress(number)) ? [number] : [];
    }),
  );
}
