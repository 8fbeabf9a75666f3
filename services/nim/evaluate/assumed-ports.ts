import { AssumedPortState, type AssumedPort } from '../../../gen/nim/v1/network_interface_manager.js';
import type { Port, Problems } from '../../../lib/configuration/index.js';
import { findPort, noSuchPort } from '../explain/port-named.js';

/** What a port is taken for: nim.v1.AssumedPortState. */
export type AssumedState = 'working' | 'failing' | 'down';

/** The assumed states by label. What is wrong with them goes to `problems`. */
export function assumedPorts(
  assumed: readonly AssumedPort[],
  ports: readonly Pick<Port, 'label' | 'interfaceName'>[],
  problems: Problems,
): ReadonlyMap<string, AssumedState> {
  const found = assumed.map(({ port: name, state }, index) => {
    const port = findPort(name, ports);
    if (port === undefined) problems.add(`ports[${index}].port`, noSuchPort(name, ports));
    const word = stateWord(state);
    if (word === undefined) problems.add(`ports[${index}].state`, 'must be working, failing or down');
    return { label: port?.label ?? '', word };
  });
  problems.unique(
    found,
    ({ label }) => label,
    (index) => `ports[${index}].port`,
    'the port',
  );
  return new Map(found.flatMap(({ label, word }) => (word === undefined ? [] : [[label, word] as const])));
}

function stateWord(state: AssumedPortState): AssumedState | undefined {
  switch (state) {
    case AssumedPortState.ASSUMED_PORT_STATE_WORKING:
      return 'working';
    case AssumedPortState.ASSUMED_PORT_STATE_FAILING:
      return 'failing';
    case AssumedPortState.ASSUMED_PORT_STATE_DOWN:
      return 'down';
    case AssumedPortState.ASSUMED_PORT_STATE_UNSPECIFIED:
    case AssumedPortState.UNRECOGNIZED:
      return undefined;
  }
}
