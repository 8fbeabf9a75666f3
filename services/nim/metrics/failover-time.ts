import type { MeasuredDecision, SelectionChange } from './instrumentation.js';

/**
 * Milliseconds from the last sign that the port which was left worked, to the status that names another: the event
 * where link or address went, else its last answer, so that it is never shorter than the outage until then. Undefined
 * where no port was left because it failed.
 */
export function failoverMs(
  { networkInstanceId, fromPort, cause }: SelectionChange,
  { snapshot, decision, trigger, publishedAtMs }: MeasuredDecision,
): number | undefined {
  if (fromPort === undefined) return undefined;
  switch (cause) {
    case 'link-lost':
    case 'address-lost':
    case 'route-lost':
      return publishedAtMs - trigger.atMs;
    case 'test-failed': {
      const left = decision.selections.get(networkInstanceId)?.candidates.find(({ label }) => label === fromPort);
      const signsMs = [left?.test.lastSucceededMs, snapshot.ports.get(fromPort)?.trafficAnsweredMs];
      const lastMs = Math.max(...signsMs.filter((each) => each !== undefined));
      return Number.isFinite(lastMs) ? publishedAtMs - lastMs : undefined;
    }
    case 'degraded':
    case 'first':
    case 'better-port':
    case 'policy':
    case 'port-available':
      return undefined;
  }
}
