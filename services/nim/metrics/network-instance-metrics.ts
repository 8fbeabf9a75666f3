import type { NetworkInstanceTestStatus } from '../../../gen/nim/v1/network_instance_test_status.js';
import { gaugesOfNetworkInstances, type Meters } from '../../../lib/observability/index.js';
import type { NoPortReason } from '../../../lib/decision/decide/index.js';
import { noPortMessages, secondsOf } from '../publish/index.js';

type Statuses = readonly NetworkInstanceTestStatus[];

/** What is selected for each network instance now. */
export function networkInstanceMetrics(meters: Meters, statuses: () => Statuses): void {
  const gauge = gaugesOfNetworkInstances(meters, statuses);
  gauge(
    'eve_uplink_network_instance_port',
    '1 for the port that is selected for a network instance; no series where there is none.',
    ['port', 'interface'],
    ({ selectedPort }) =>
      selectedPort === undefined
        ? []
        : [{ labels: { port: selectedPort.logicalLabel, interface: selectedPort.interface }, value: 1 }],
  );
  gauge(
    'eve_uplink_network_instance_port_priority',
    'Priority of the selected port; 0 is best.',
    [],
    ({ selectedPort }) => (selectedPort === undefined ? [] : [{ value: selectedPort.priority }]),
  );
  gauge(
    'eve_uplink_network_instance_without_port',
    '1 for the reason why a network instance has no port; no series where it has one.',
    ['reason'],
    ({ selectedPort, noPortReason }) =>
      selectedPort === undefined
        ? noPortReasons
            .filter((reason) => noPortMessages[reason] === noPortReason)
            .map((reason) => ({ labels: { reason }, value: 1 }))
        : [],
  );
  gauge(
    'eve_uplink_network_instance_verified',
    '1 where the selected port is known to work, 0 where it was chosen for want of a better one, or accepts connections and no more is asked (tcp://).',
    [],
    ({ selectedPort, verified }) => (selectedPort === undefined ? [] : [{ value: Number(verified) }]),
  );
  gauge(
    'eve_uplink_network_instance_selected_timestamp_seconds',
    'When the port of a network instance changed last.',
    [],
    ({ selectedSince }) => (selectedSince === undefined ? [] : [{ value: secondsOf(selectedSince) }]),
  );
}

const noPortReasons = Object.keys(noPortMessages) as readonly NoPortReason[];
