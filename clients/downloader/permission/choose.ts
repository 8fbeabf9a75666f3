import type { AuthorizedPort } from '../../../gen/nim/v1/port_authorization.js';

/** How much a port is used by this process, so that equal ones share the load. */
export interface PortUse {
  readonly running: number;
  /** Of the last transfer that began there: later ones have higher numbers; 0: none yet. */
  readonly lastTurn: number;
}

/**
 * The port to use next: of the best group that has one left, the one with the fewest transfers running; of those, the
 * one whose last turn is longest ago. Pure.
 */
export function choosePort(
  ports: readonly AuthorizedPort[],
  isLeftOut: (label: string) => boolean,
  useOf: (label: string) => PortUse,
): AuthorizedPort | undefined {
  const left = ports.filter(({ logicalLabel }) => !isLeftOut(logicalLabel));
  const best = Math.min(...left.map(({ group }) => group));
  return left
    .filter(({ group }) => group === best)
    .map((port) => ({ port, use: useOf(port.logicalLabel) }))
    .sort((a, b) => a.use.running - b.use.running || a.use.lastTurn - b.use.lastTurn || a.port.rank - b.port.rank)[0]
    ?.port;
}

/** A port of a better group than that of the one in use. Pure. */
export function betterPort(
  ports: readonly AuthorizedPort[],
  inUse: string,
  isLeftOut: (label: string) => boolean,
): AuthorizedPort | undefined {
  const group = ports.find(({ logicalLabel }) => logicalLabel === inUse)?.group ?? 0;
  return ports.find((port) => port.group < group && !isLeftOut(port.logicalLabel));
}
