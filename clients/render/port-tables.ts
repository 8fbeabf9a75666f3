import { PortTestState } from '../../gen/evecommon/uplink.js';
import {
  PortLinkState,
  TestBudgetState,
  type PortStatus,
  type TargetStatus,
  type TestBudget,
} from '../../gen/nim/v1/port_status.js';
import { printable, shortened, table, type CellKind, type TableOptions } from './table.js';
import { millisecondsOf, sinceText } from './time.js';
import { failureLabel, linkLabel, testLabel } from './enum-labels.js';

const portHead = ['PORT', 'PRIO', 'STATE', 'ANSWERED', 'RTT', 'LOSS', 'TEST BYTES', 'ADDRESS', 'GATEWAY'];
const testHead = ['PORT', 'TESTED BY', 'TEST', 'ANSWERED', 'FAILED', 'LATENCY', 'LAST ERROR'];

/** So wide that a table of tests stays within 120 columns. */
const TARGET_WIDTH = 34;
const ERROR_WIDTH = 14;

/**
 * Ports: whether they work, how well, what their tests have taken of what they may take in 30 days, and where they
 * lead.
 */
export function portTable(ports: readonly PortStatus[], nowMs: number, options: TableOptions): string {
  return table(
    portHead,
    ports.map((port) => {
      // What a link without a carrier was like is history.
      const target = port.linkState === PortLinkState.PORT_LINK_STATE_UP ? port.targets[0] : undefined;
      return [
        portName(port),
        String(port.priority),
        portState(port),
        sinceText(port.targets[0]?.lastSucceeded ?? port.lastSucceeded, nowMs),
        target?.latency === undefined ? '' : roundTripText(millisecondsOf(target.latency)),
        lossText(target),
        budgetText(port.testBudget),
        port.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`).join(' '),
        gatewaysText(port),
      ];
    }),
    options,
  );
}

/** Ports as they are shown: the cheapest first. */
export function inOrder(ports: readonly PortStatus[]): readonly PortStatus[] {
  return [...ports].sort((a, b) => a.priority - b.priority || a.logicalLabel.localeCompare(b.logicalLabel));
}

/** A port by its label, with its interface where that is called otherwise. */
export function portName({ logicalLabel, interface: name }: Pick<PortStatus, 'logicalLabel' | 'interface'>): string {
  return logicalLabel === name ? logicalLabel : `${logicalLabel} (${name})`;
}

/** One word of a port: its link, then its route, then its test. */
export function portState(port: PortStatus): { readonly text: string; readonly kind: CellKind } {
  const { linkState, addresses, routes, gateways, testState, targets } = port;
  if (linkState !== PortLinkState.PORT_LINK_STATE_UP) return { text: linkLabel(linkState), kind: 'bad' };
  if (addresses.length === 0) return { text: 'no address', kind: 'bad' };
  if (gateways.length === 0 && !routes.some(({ prefixLength }) => prefixLength === 0)) {
    return { text: 'no route', kind: 'bad' };
  }
  switch (testState) {
    case PortTestState.PORT_TEST_STATE_FAILING: {
      const failing = targets.find((target) => target.testState === PortTestState.PORT_TEST_STATE_FAILING);
      const reason = failing === undefined ? '' : failureLabel(failing.lastFailure);
      return { text: (reason === '' ? 'failing' : reason).toUpperCase(), kind: 'bad' };
    }
    case PortTestState.PORT_TEST_STATE_WORKING:
      return targets.some(({ inDoubt }) => inDoubt) ? { text: 'suspect', kind: 'doubt' } : { text: 'ok', kind: 'good' };
    default:
      return { text: testLabel(testState), kind: 'doubt' };
  }
}

function roundTripText(milliseconds: number): string {
  return milliseconds < 1 ? '< 1 ms' : `${Math.round(milliseconds)} ms`;
}

/** Of the attempts that count now (loss of the path), where there are some. */
function lossText(target: TargetStatus | undefined): string {
  if (target === undefined || target.attempts === 0) return '';
  return `${Math.round((100 * (target.attempts - target.answers)) / target.attempts)} %`;
}

/** Next hops of the default routes; in words where there is none to name. */
export function gatewaysText({ gateways, routes, addresses }: PortStatus): string {
  if (gateways.length > 0) return gateways.join(' ');
  if (routes.some(({ prefixLength }) => prefixLength === 0)) return 'on the link';
  return addresses.length > 0 ? 'no default route' : '';
}

/** What each port is tested by, how that went and when. */
export function testTable(ports: readonly PortStatus[], nowMs: number, options: TableOptions): string {
  return table(
    testHead,
    ports.flatMap((port) =>
      port.targets.length === 0
        ? [testRow(port, 'link and address', byAddress(port), nowMs)]
        : port.targets.map((target) => testRow(port, target.target, target, nowMs)),
    ),
    options,
  );
}

/** Where a test fails or is suspect, what went wrong, in full: a table has no room for it. */
export function testErrorLines(ports: readonly PortStatus[]): readonly string[] {
  return ports.flatMap(({ logicalLabel, targets }) =>
    targets
      .filter((target) => target.lastError !== '' && isUnwell(target))
      .map(({ target, lastError }) => printable(`${logicalLabel}: ${target}: ${lastError}`)),
  );
}

/** Where ports are not as the configuration says. */
export function differenceLines(ports: readonly PortStatus[]): readonly string[] {
  return ports.flatMap(({ logicalLabel, differences }) =>
    differences.map((difference) => printable(`${logicalLabel} is not as configured: ${difference}`)),
  );
}

/** By which proxies the device itself asks over ports. */
export function proxyLines(ports: readonly PortStatus[]): readonly string[] {
  return ports.flatMap(({ logicalLabel, proxies }) => {
    const ways = (['http', 'https'] as const).flatMap((scheme) => {
      const proxy = proxies?.[scheme];
      return proxy === undefined
        ? []
        : [`${scheme} by ${proxy.host.includes(':') ? `[${proxy.host}]` : proxy.host}:${proxy.port}`];
    });
    if (proxies === undefined || ways.length === 0) return [];
    const straight = proxies.exceptions.length === 0 ? '' : `, straight to ${proxies.exceptions.join(' ')}`;
    return [printable(`${logicalLabel}: the device itself asks ${ways.join(', ')}${straight}; apps go straight`)];
  });
}

type Tested = Pick<
  TargetStatus,
  'testState' | 'inDoubt' | 'lastSucceeded' | 'lastFailed' | 'latency' | 'lastFailure' | 'lastError'
>;

function testRow({ logicalLabel }: PortStatus, by: string, tested: Tested, nowMs: number): readonly string[] {
  const { testState, inDoubt, lastSucceeded, lastFailed, latency } = tested;
  return [
    logicalLabel,
    shortened(by, TARGET_WIDTH),
    inDoubt ? `${testLabel(testState)}, suspect` : testLabel(testState),
    sinceText(lastSucceeded, nowMs),
    sinceText(lastFailed, nowMs),
    latency === undefined ? '' : `${Math.round(millisecondsOf(latency))} ms`,
    shortened(errorWords(tested), ERROR_WIDTH),
  ];
}

function byAddress({ testState, lastSucceeded, lastFailed, lastFailure, lastError }: PortStatus): Tested {
  return { testState, lastSucceeded, lastFailed, lastFailure, lastError, inDoubt: false, latency: undefined };
}

function errorWords({ lastFailure, lastError }: Tested): string {
  return failureLabel(lastFailure) || lastError;
}

function isUnwell({ testState, inDoubt }: Tested): boolean {
  return inDoubt || testState === PortTestState.PORT_TEST_STATE_FAILING;
}

/** `1.2 of 5 MB` or `30 kB of 5 MB`, and whether it runs out; empty where nothing is tested. */
function budgetText(budget: TestBudget | undefined): string {
  if (budget === undefined) return '';
  const { spentBytes, monthlyBytes, state } = budget;
  const spent = spentBytes < 100_000n ? `${Math.round(Number(spentBytes) / 1e3)} kB` : megabytes(spentBytes);
  return `${spent} of ${megabytes(monthlyBytes)} MB${budgetWords[state] ?? ''}`;
}

const budgetWords: Readonly<Record<number, string | undefined>> = {
  [TestBudgetState.TEST_BUDGET_STATE_TIGHT]: ', tight',
  [TestBudgetState.TEST_BUDGET_STATE_SPENT]: ', spent',
};

function megabytes(bytes: bigint): string {
  return String(Math.round(Number(bytes) / 1e4) / 1e2);
}
