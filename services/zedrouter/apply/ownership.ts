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

const SWITCH_PREFIX = 'eve-uplink-switch:';

/** The alias of what we have made for a switch: its bridge, and the pair that joins it to a bridge of the host. */
export function switchAlias(niId: string): string {
  return `${SWITCH_PREFIX}${niId}`;
}

/** The switch network instance of a link, from its alias; undefined where we have not made it for one. */
export function switchOwnerOf(alias: string | undefined): string | undefined {
  return alias?.startsWith(SWITCH_PREFIX) === true ? alias.slice(SWITCH_PREFIX.length) : undefined;
}

/**
 * Whether an interface that has the name of a bridge of ours is somebody else's: it has not our alias, and is not one
 * that we were about to give it, of which the address tells.
 */
export function isForeign({ kind, alias, macAddress }: Link, ourMacAddress: string): boolean {
  if (ownerOf(alias) !== undefined || switchOwnerOf(alias) !== undefined) return false;
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
