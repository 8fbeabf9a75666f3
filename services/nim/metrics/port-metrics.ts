import { PortLinkState, type PortStatus, type TestBudget } from '../../../gen/nim/v1/port_status.js';
import { gaugesOfEach, type AddGaugeOfEach, type Meters, type Sample } from '../../../lib/observability/index.js';
import { testStates } from '../../../lib/decision/decide/index.js';
import { secondsOf, testStateMessages } from '../publish/index.js';
import type { AppTraffic } from '../probing/tester/index.js';

type Statuses = () => readonly PortStatus[];

/** What is known of each port now. */
export function portMetrics(meters: Meters, statuses: Statuses): void {
  const gauge = portGauge(meters, statuses);
  gauge(
    'eve_uplink_port_info',
    'Always 1: what a port is.',
    ['interface', 'management'],
    ({ interface: interfaceName, isManagement }) => [
      { labels: { interface: interfaceName, management: String(isManagement) }, value: 1 },
    ],
  );
  gauge('eve_uplink_port_priority', 'Priority of a port; 0 is best.', [], ({ priority }) => [{ value: priority }]);
  gauge(
    'eve_uplink_port_usable',
    '1 where a port has link, address and a default route.',
    [],
    ({ linkState, addresses, routes }) => [
      {
        value: Number(
          linkState === PortLinkState.PORT_LINK_STATE_UP &&
            addresses.length > 0 &&
            routes.some(({ prefixLength }) => prefixLength === 0),
        ),
      },
    ],
  );
  gauge(
    'eve_uplink_port_test_state',
    '1 for the state of a port, 0 for the others: by the test of the controller where there is one, else by link and address.',
    ['state'],
    ({ testState }) => stateSamples(testState),
  );
  gauge(
    'eve_uplink_port_last_succeeded_timestamp_seconds',
    'When a port was last seen to work.',
    [],
    ({ lastSucceeded }) => (lastSucceeded === undefined ? [] : [{ value: secondsOf(lastSucceeded) }]),
  );
}

/** What is known of each target over each port now. */
export function targetMetrics(meters: Meters, statuses: Statuses): void {
  const ofTargets = gaugesOfEach(meters, {
    labelNames: ['port', 'target'],
    all: () => statuses().flatMap(({ logicalLabel: port, targets }) => targets.map((target) => ({ ...target, port }))),
    labelsOf: ({ port, target }) => ({ port, target }),
  });
  ofTargets(
    'eve_uplink_target_test_state',
    '1 for the state of a target over a port, 0 for the others.',
    ['state'],
    ({ testState }) => stateSamples(testState),
  );
  ofTargets(
    'eve_uplink_target_in_doubt',
    '1 where attempts have failed since the last answer, too few for a verdict.',
    [],
    ({ inDoubt }) => [{ value: Number(inDoubt) }],
  );
  ofTargets('eve_uplink_target_latency_seconds', 'How long the last answer took.', [], ({ latency }) =>
    latency === undefined ? [] : [{ value: secondsOf(latency) }],
  );
  ofTargets(
    'eve_uplink_target_answered_ratio',
    'Share of the attempts that are remembered which were answered.',
    [],
    ({ attempts, answers }) => (attempts === 0 ? [] : [{ value: answers / attempts }]),
  );
  ofTargets(
    'eve_uplink_target_last_succeeded_timestamp_seconds',
    'When a target last answered over a port.',
    [],
    ({ lastSucceeded }) => (lastSucceeded === undefined ? [] : [{ value: secondsOf(lastSucceeded) }]),
  );
  ofTargets(
    'eve_uplink_target_last_failed_timestamp_seconds',
    'When a test of a target over a port last failed.',
    [],
    ({ lastFailed }) => (lastFailed === undefined ? [] : [{ value: secondsOf(lastFailed) }]),
  );
}

/** The bytes that tests take, both directions, from the IP header on. */
export function probeBudgetMetrics(meters: Meters, statuses: Statuses): void {
  const gauge = portGauge(meters, statuses);
  const ofBudget =
    (read: (budget: TestBudget) => bigint) =>
    ({ testBudget }: PortStatus): readonly Sample[] =>
      testBudget === undefined ? [] : [{ value: Number(read(testBudget)) }];
  meters.counter(
    {
      name: 'eve_uplink_port_probe_bytes_total',
      help: 'Bytes that tests of a port have taken since its month of 30 days began; starts anew with each.',
    },
    ['port'],
    () =>
      statuses().flatMap(({ logicalLabel: port, testBudget }) =>
        testBudget === undefined ? [] : [{ labels: { port }, value: Number(testBudget.spentBytes) }],
      ),
  );
  gauge(
    'eve_uplink_port_probe_budget_bytes',
    'Bytes that tests of a port may take in 30 days.',
    [],
    ofBudget(({ monthlyBytes }) => monthlyBytes),
  );
  gauge(
    'eve_uplink_port_probe_budget_remaining_bytes',
    'What is left of them in this month; below 0 where suspect paths have overdrawn it.',
    [],
    ofBudget(({ monthlyBytes, spentBytes }) => monthlyBytes - spentBytes),
  );
}

/** What apps send (`up`) and receive (`down`) over each port. */
export function trafficMetrics(
  meters: Meters,
  statuses: Statuses,
  read: () => ReadonlyMap<string, AppTraffic> | undefined,
): void {
  const counter = (name: string, help: string, up: keyof AppTraffic, down: keyof AppTraffic): void => {
    meters.counter({ name, help }, ['port', 'direction'], () => {
      const traffic = read();
      return statuses().flatMap(({ logicalLabel: port, interface: interfaceName }) => {
        const counted = traffic?.get(interfaceName);
        if (counted === undefined) return [];
        return [
          { labels: { port, direction: 'up' }, value: counted[up] },
          { labels: { port, direction: 'down' }, value: counted[down] },
        ];
      });
    });
  };
  counter('eve_uplink_port_app_bytes_total', 'Bytes of apps over a port.', 'upBytes', 'downBytes');
  counter('eve_uplink_port_app_packets_total', 'Packets of apps over a port.', 'upPackets', 'downPackets');
}

/** What adds gauges of each port. */
function portGauge(meters: Meters, statuses: Statuses): AddGaugeOfEach<PortStatus> {
  return gaugesOfEach(meters, {
    labelNames: ['port'],
    all: statuses,
    labelsOf: ({ logicalLabel }) => ({ port: logicalLabel }),
  });
}

/** One series for each state, so that a graph can add them up. */
function stateSamples(now: PortStatus['testState']): readonly Sample[] {
  return testStates.map((state) => ({
    labels: { state },
    value: Number(testStateMessages[state] === now),
  }));
}
