import type { Port } from '../../../lib/configuration/index.js';
import type { AccessChange } from '../desired/refused-flows.js';
import type { EndedFlows, FlowMemories, FlowsDecision } from '../desired/generations.js';
import type { Ids, PortFacts } from '../desired/inputs.js';
import {
  FLOW_INSTANCE_MASK,
  FLOW_MASK,
  FLOW_PORT_MASK,
  flowMark,
  portMark,
} from '../../../lib/dataplane-layout/index.js';
import type { Operation } from './operations.js';
import type { Transition } from './plan.js';

/** By what numbers the kernel knows ports and network instances, and the flows of each selection. */
export interface FlowNumbers {
  readonly ids: Ids;
  readonly ofFlows: ReadonlyMap<string, number>;
}

/**
 * What to do once when network instances move: warm the gateways of ports that come into use (an INCOMPLETE neighbour
 * stalls the first packets for up to a second), and end the flows of the ports that were left.
 */
export function transition(
  before: FlowMemories,
  after: FlowMemories,
  { ended, drained }: Pick<FlowsDecision, 'ended' | 'drained'>,
  numbers: FlowNumbers,
  ports: ReadonlyMap<string, PortFacts>,
  refused: readonly Operation[] = [],
): Transition {
  const entered = new Set<string>();
  for (const [niId, { port }] of after) {
    if (port !== undefined && before.get(niId)?.port !== port) entered.add(port);
  }
  return {
    refused,
    warmed: [...entered].flatMap((label) => warm(ports.get(label))),
    ended: ended.flatMap((flows) => end(flows, numbers)),
    drained: drained.flatMap((flows) => end(flows, numbers)),
  };
}

/** What is to end where access lists have changed; `ports`: those of the configuration. */
export function refusedFlows(
  changes: ReadonlyMap<string, AccessChange>,
  ports: readonly Port[],
  ids: Ids,
): readonly Operation[] {
  if (changes.size === 0) return [];
  const portLabels = new Map(
    ports.flatMap(({ label, labels }) => {
      const number = ids.ports.get(label);
      return number === undefined ? [] : [[number, labels] as const];
    }),
  );
  return [{ kind: 'refused-flows-end', changes, portLabels }];
}

function warm(port: PortFacts | undefined): readonly Operation[] {
  const gateway = port?.gateways[0];
  if (port === undefined || gateway === undefined) return [];
  return [{ kind: 'neighbour-warm', address: gateway, interfaceName: port.interfaceName }];
}

function end(flows: EndedFlows, { ids, ofFlows }: FlowNumbers): readonly Operation[] {
  switch (flows.kind) {
    case 'of-instance': {
      const ni = ids.networkInstances.get(flows.niId);
      if (ni === undefined) return [];
      return [{ kind: 'flows-end', mark: flowMark(0, ni), mask: FLOW_INSTANCE_MASK }];
    }
    case 'on-port': {
      const port = ids.ports.get(flows.port);
      return port === undefined ? [] : [{ kind: 'flows-end', mark: portMark(port), mask: FLOW_PORT_MASK }];
    }
    case 'of-instance-on-port': {
      const number = ofFlows.get(flows.niId);
      const port = ids.ports.get(flows.port);
      if (number === undefined || port === undefined) return [];
      return [{ kind: 'flows-end', mark: flowMark(port, number), mask: FLOW_MASK }];
    }
  }
}
