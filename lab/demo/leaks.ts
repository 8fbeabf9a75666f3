import type { Lab } from '../lab.js';
import { internetAddresses, portNames } from '../topology.js';

/**
 * What must never happen, counted by the ISPs: packets with a source that is not the port's address, and traffic of
 * `business` (which goes to echo2, and nobody else's does) over the satellite.
 */
export async function leakLines(lab: Lab): Promise<{ readonly clean: boolean; readonly lines: readonly string[] }> {
  const counters = await Promise.all(
    portNames.map(async (port) => ({ port, counted: await lab.isp(port).counters() })),
  );
  const foreign = counters.reduce((sum, { counted }) => sum + counted.foreign.packets, 0);
  const sources = counters.flatMap(({ port, counted }) =>
    [...counted.foreignSources].map(([address, { packets }]) => `${packets} from ${address} on ${port}`),
  );
  const satellite = counters.find(({ port }) => port === 'sat0')?.counted;
  const forbidden = satellite?.destinations.get(internetAddresses.echo2)?.packets ?? 0;
  return {
    clean: foreign === 0 && forbidden === 0,
    lines: [
      `packets with a wrong source, counted at the ISPs:      ${foreign}${sources.length === 0 ? '' : ` (${sources.join(', ')})`}`,
      `packets of "business" over the satellite, counted there: ${forbidden}`,
    ],
  };
}
