const PREFIX = 'eve-uplink:';

/** The alias of a bridge of ours: how we know it again, and whose it is. */
export function ownerAlias(niId: string): string {
  return `${PREFIX}${niId}`;
}

/** The network instance of a bridge, from its alias; undefined where the bridge is not ours. */
export function ownerOf(alias: string | undefined): string | undefined {
  return alias?.startsWith(PREFIX) === true ? alias.slice(PREFIX.length) : undefined;
}
