import { PortTestState, TestFailureKind } from '../../../gen/evecommon/uplink.js';
import { PortLinkState, type PortStatus } from '../../../gen/nim/v1/port_status.js';
import { wallMsOf } from '../../../lib/configuration/index.js';
import type { Candidate, Selection } from '../../../lib/decision/decide/index.js';

/** What is kept of ports and network instances for history: pure. Times are milliseconds of the wall clock. */

export const portStates = ['working', 'untested', 'failing', 'unusable'] as const;
export type PortState = (typeof portStates)[number];

export const instanceStates = ['online', 'failing', 'without-port'] as const;
export type InstanceState = (typeof instanceStates)[number];

/** How a port is now. */
export interface PortView {
  readonly state: PortState;
  /** When it was last seen to work. */
  readonly lastSignMs: number | undefined;
  /** Why it does not work, in words; empty where it does. */
  readonly cause: string;
  readonly failure: TestFailureKind;
}

/** How a network instance is now. */
export interface InstanceView {
  readonly name: string;
  readonly state: InstanceState;
  /** Logical label; undefined: it has none. */
  readonly port: string | undefined;
  readonly priority: number;
  /** When its port was last seen to work. */
  readonly lastSignMs: number | undefined;
  readonly cause: string;
}

const linkCauses: Readonly<Record<PortLinkState, string>> = {
  [PortLinkState.PORT_LINK_STATE_UNSPECIFIED]: 'link unknown',
  [PortLinkState.PORT_LINK_STATE_MISSING]: 'interface missing',
  [PortLinkState.PORT_LINK_STATE_ADMIN_DOWN]: 'set down',
  [PortLinkState.PORT_LINK_STATE_NO_CARRIER]: 'no carrier',
  [PortLinkState.PORT_LINK_STATE_UP]: '',
  [PortLinkState.UNRECOGNIZED]: 'link unknown',
};

/** `trafficAnsweredMs`: when apps' packets were last answered over it. */
export function portView(status: PortStatus, trafficAnsweredMs: number | undefined): PortView {
  const { linkState, addresses, routes, targets } = status;
  const signs = [status.lastSucceeded, ...targets.map(({ lastSucceeded }) => lastSucceeded)]
    .filter((each) => each !== undefined)
    .map(wallMsOf);
  const all = trafficAnsweredMs === undefined ? signs : [...signs, trafficAnsweredMs];
  const lastSignMs = all.length === 0 ? undefined : Math.max(...all);
  const missing =
    linkState !== PortLinkState.PORT_LINK_STATE_UP
      ? linkCauses[linkState]
      : addresses.length === 0
        ? 'no address'
        : routes.some(({ prefixLength }) => prefixLength === 0)
          ? undefined
          : 'no default route';
  if (missing !== undefined) return { state: 'unusable', lastSignMs, cause: missing, failure: NO_FAILURE };
  // Where the controller is not asked, a port without any target that answers does not work either.
  const failing = targets.filter(({ testState }) => testState === PortTestState.PORT_TEST_STATE_FAILING);
  const isFailing = failing.length > 0 && failing.length === targets.length;
  if (status.testState === PortTestState.PORT_TEST_STATE_FAILING || isFailing) {
    const { lastError, lastFailure } = failing[0] ?? status;
    return { state: 'failing', lastSignMs, cause: lastError, failure: lastFailure };
  }
  const isUntested = status.testState === PortTestState.PORT_TEST_STATE_UNTESTED;
  return { state: isUntested ? 'untested' : 'working', lastSignMs, cause: '', failure: NO_FAILURE };
}

const NO_FAILURE = TestFailureKind.TEST_FAILURE_KIND_UNSPECIFIED;

/** `lastSignOf`: when a candidate was last seen to work. */
export function instanceView(
  { networkInstanceName: name, outcome, candidates, causeDetail }: Selection,
  lastSignOf: (candidate: Candidate) => number | undefined,
): InstanceView {
  if (outcome.kind === 'none') {
    const cause = `no port: ${outcome.reason.replaceAll('-', ' ')}`;
    return { name, state: 'without-port', port: undefined, priority: 0, lastSignMs: undefined, cause };
  }
  const { label: port, priority } = outcome;
  const candidate = candidates.find(({ label }) => label === port);
  const lastSignMs = candidate === undefined ? undefined : lastSignOf(candidate);
  const isFailing = candidate?.usable === false || candidate?.testState === 'failing';
  const cause = isFailing ? (candidate.test.lastError ?? causeDetail) : causeDetail;
  return { name, state: isFailing ? 'failing' : 'online', port, priority, lastSignMs, cause };
}
