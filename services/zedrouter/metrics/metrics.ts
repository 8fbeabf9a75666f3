import { ApplyState, type NetworkInstanceStatus } from '../../../gen/zedrouter/v1/network_router.js';
import { gaugesOfNetworkInstances, type Meters } from '../../../lib/observability/index.js';
import { obstacleName } from '../status/obstacle-status.js';
import type { DeniedAtInterface } from '../status/access-explanations.js';
import type { Instrumentation } from './instrumentation.js';

const applyBucketsMs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/** Makes what is applied, and what came of applying it, readable as metrics. */
export function zedrouterMetrics(
  meters: Meters,
  statuses: () => readonly NetworkInstanceStatus[],
  denied: () => readonly DeniedAtInterface[],
): Instrumentation {
  statusMetrics(meters, statuses);
  meters.counter(
    {
      name: 'eve_uplink_access_denied_packets_total',
      help: "Packets that an app's access list has denied, by entry: its id, its place as `place N` where it has none, or 0 where no entry allowed them.",
    },
    ['app', 'interface', 'entry'],
    () =>
      denied().flatMap(({ appName, interfaceName, denied: entries }) =>
        entries.map(({ entryId, place, packets }) => ({
          labels: {
            app: appName,
            interface: interfaceName,
            entry: entryId === 0 && place > 0 ? `place ${place}` : String(entryId),
          },
          value: Number(packets),
        })),
      ),
  );
  const applying = meters.duration(
    {
      name: 'eve_uplink_apply_duration_seconds',
      help: 'From news to the kernel having taken in what follows from it: `switch` what moves traffic, `all` the tidying, too.',
    },
    ['part'],
    applyBucketsMs,
  );
  let repairs = 0;
  meters.counter(
    {
      name: 'eve_uplink_drift_repairs_total',
      help: 'How often the kernel was not as it had been left, and was repaired.',
    },
    [],
    () => [{ value: repairs }],
  );
  const failures = new Map<string, number>();
  meters.counter(
    { name: 'eve_uplink_apply_failures_total', help: 'Operations that the kernel or a tool refused, by kind.' },
    ['operation'],
    () => [...failures].map(([operation, value]) => ({ labels: { operation }, value })),
  );
  return {
    onApplied: (part, tookMs) => {
      applying.observe({ part }, tookMs);
    },
    onRepair: () => {
      repairs += 1;
    },
    onFailure: (operation) => {
      failures.set(operation, (failures.get(operation) ?? 0) + 1);
    },
  };
}

function statusMetrics(meters: Meters, statuses: () => readonly NetworkInstanceStatus[]): void {
  const gauge = gaugesOfNetworkInstances(meters, statuses);
  gauge(
    'eve_uplink_network_instance_applied_port',
    '1 for the port that the traffic of a network instance goes out by; no series where it is rejected.',
    ['port', 'interface', 'bridge'],
    ({ armedPorts: [port], interfaceInUse, bridge }) =>
      port === undefined ? [] : [{ labels: { port, interface: interfaceInUse, bridge }, value: 1 }],
  );
  gauge(
    'eve_uplink_network_instance_applied',
    '1 where all that a network instance needs has been applied, 0 where something was refused.',
    [],
    ({ state }) => [{ value: Number(state === ApplyState.APPLY_STATE_APPLIED) }],
  );
  gauge(
    'eve_uplink_network_instance_draining_flows',
    'Flows that are still on a port which the network instance has left; no series where none is drained.',
    ['port', 'interface'],
    ({ drainingPorts }) =>
      drainingPorts.map((each) => ({ labels: { port: each.port, interface: each.interface }, value: each.flows })),
  );
  gauge(
    'eve_uplink_network_instance_obstacles',
    'What stands in the way of a network instance on this host, by kind.',
    ['kind'],
    ({ obstacles }) =>
      [...new Set(obstacles.map(({ kind }) => kind))].map((kind) => ({
        labels: { kind: obstacleName(kind) },
        value: obstacles.filter((each) => each.kind === kind).length,
      })),
  );
  gauge('eve_uplink_network_instance_errors', 'What was refused and has not been made good.', [], ({ errors }) => [
    { value: errors.length },
  ]);
}
