import { PortTestState } from '../../gen/evecommon/uplink.js';
import { TestBudgetState, type PortStatus, type TargetStatus, type TestBudget } from '../../gen/nim/v1/port_status.js';
import { printable, shortened, table } from './table.js';
import { millisecondsOf, sinceText } from './time.js';
import { failureLabel, linkLabel, testLabel } from './enum-labels.js';

const portHead = ['PORT', 'INTERFACE', 'PRIORITY', 'LINK', 'ADDRESSES', 'GATEWAYS', 'TEST', 'TEST BYTES'];
const testHead = ['PORT', 'TESTED BY', 'TEST', 'ANSWERED', 'FAILED', 'LATENCY', 'LAST ERROR'];

/** So wide that a table of tests stays within 120 columns. */
const TARGET_WIDTH = 34;
const ERROR_WIDTH = 14;

/**
 * Ports in this order: what they are, whether they work, and what their tests have taken of what they may take in 30
 * days.
 */
export function portTable(ports: readonly PortStatus[]): string {
  return table(
    portHead,
    ports.map((port) => [
      port.logicalLabel,
      port.interface,
      String(port.priority),
      linkLabel(port.linkState),
      port.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`).join(' '),
      gatewaysText(port),
      testLabel(port.testState),
      budgetText(port.testBudget),
    ]),
  );
}

/** Next hops of the default routes; in words where there is none to name. */
function gatewaysText({ gateways, routes, addresses }: PortStatus): string {
  if (gateways.length > 0) return gateways.join(' ');
  if (routes.some(({ prefixLength }) => prefixLength === 0)) return 'on the link';
  return addresses.length > 0 ? 'no default route' : '';
}

/** What each port is tested by, how that went and when. */
export function testTable(ports: readonly PortStatus[], nowMs: number): string {
  return table(
    testHead,
    ports.flatMap((port) =>
      port.targets.length === 0
        ? [testRow(port, 'link and address', byAddress(port), nowMs)]
        : port.targets.map((target) => testRow(port, target.target, target, nowMs)),
    ),
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
