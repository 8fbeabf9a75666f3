import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { rankPortsForOperation, type Candidate } from '../../../lib/decision/decide/index.js';
import type { Published } from '../publish/index.js';

/** Whether the controller can be reached: over some port; over none; nobody knows. */
export type Reach = 'reached' | 'lost' | 'unknown';

/** What is known of it now. Without a controller to ask, link and address say nothing of it. */
export function controllerReach({ configuration, snapshot, decision }: Published, nowMs: number): Reach {
  const { model } = configuration;
  if (model.controllerTarget === undefined) return 'unknown';
  const operation = NetworkOperation.NETWORK_OPERATION_CONTROLLER;
  return reachOver(rankPortsForOperation(operation, snapshot, model, decision.memory, nowMs));
}

/** The same by the ports as the controller's operation sees them. Pure. */
export function reachOver(candidates: readonly Pick<Candidate, 'eligible' | 'usable' | 'testState'>[]): Reach {
  const permitted = candidates.filter(({ eligible }) => eligible);
  if (permitted.some(({ usable, testState }) => usable && testState === 'working')) return 'reached';
  return permitted.every(({ usable, testState }) => !usable || testState === 'failing') ? 'lost' : 'unknown';
}
