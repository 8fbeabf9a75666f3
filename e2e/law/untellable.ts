import type { Fault, FaultKind, PortName } from '../../lab/index.js';
import type { Claim } from './claim.js';

/** With these somebody on the way accepts connections, and a target of kind tcp asks no more. */
const answeredByAnybody: ReadonlySet<FaultKind> = new Set<FaultKind>(['portal', 'tcp-accelerated']);

/** Whether what is claimed promises a way out while these faults stand: all but what status says it cannot tell. */
export function promisesAWayOut(kind: Claim['kind'], port: PortName, standing: readonly Fault[]): boolean {
  if (kind !== 'reached') return true;
  return !standing.some((fault) => 'port' in fault && fault.port === port && answeredByAnybody.has(fault.kind));
}
