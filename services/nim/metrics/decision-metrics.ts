import type { Meters } from '../../../lib/observability/index.js';
import type { SelectionCause } from '../../../lib/decision/decide/index.js';
import type { Instrumentation } from './instrumentation.js';
import { failoverMs } from './failover-time.js';

const decideBucketsMs = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
const eventBucketsMs = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000];
const failoverBucketsMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 120_000];

/** Measures decisions, and counts the switches of each network instance for as long as there is one. */
export function decisionMetrics(meters: Meters): Instrumentation {
  const deciding = meters.duration(
    { name: 'eve_uplink_decision_duration_seconds', help: 'To decide over all network instances, and to publish.' },
    [],
    decideBucketsMs,
  );
  const sinceEvent = meters.duration(
    {
      name: 'eve_uplink_event_to_status_duration_seconds',
      help: 'From hearing of an event to the network instance test statuses that take it in, by kind of event.',
    },
    ['event'],
    eventBucketsMs,
  );
  const failover = meters.duration(
    {
      name: 'eve_uplink_failover_duration_seconds',
      help: 'From the last sign that a port worked (the event where link or address went, else its last answer) to the status that names another.',
    },
    ['cause'],
    failoverBucketsMs,
  );
  const switches = new Map<string, { readonly name: string; readonly counts: Map<SelectionCause, number> }>();
  meters.counter(
    { name: 'eve_uplink_switches_total', help: 'Changes of the port of a network instance, the first one included.' },
    ['network_instance', 'network_instance_id', 'cause'],
    () =>
      [...switches].flatMap(([id, { name, counts }]) =>
        [...counts].map(([cause, value]) => ({
          labels: { network_instance: name, network_instance_id: id, cause },
          value,
        })),
      ),
  );
  return {
    onDecision: ({ decision, trigger, tookMs, publishedAtMs }) => {
      deciding.observe({}, tookMs);
      sinceEvent.observe({ event: trigger.kind }, publishedAtMs - trigger.atMs);
      for (const id of switches.keys()) if (!decision.selections.has(id)) switches.delete(id);
    },
    onSelectionChanged: (change, measured) => {
      const { networkInstanceId, networkInstanceName: name, cause } = change;
      const counts = switches.get(networkInstanceId)?.counts ?? new Map<SelectionCause, number>();
      switches.set(networkInstanceId, { name, counts: counts.set(cause, (counts.get(cause) ?? 0) + 1) });
      const tookMs = failoverMs(change, measured);
      if (tookMs !== undefined) failover.observe({ cause }, tookMs);
    },
  };
}
