import { TestFailureKind } from '../../../gen/evecommon/uplink.js';
import { TestBudgetState, type TargetStatus, type TestBudget } from '../../../gen/nim/v1/port_status.js';
import { durationOf, timestampOf } from '../../../lib/configuration/index.js';
import type { Evidence } from '../../../lib/decision/decide/index.js';
import { isSuspect, type FailureKind, type TestRecord } from '../../../lib/decision/health/index.js';
import type { Budget, BudgetState } from '../../../lib/decision/schedule/index.js';
import { testStateMessages } from './enums.js';
import type { WallTime } from './timestamp.js';

/** What is known of one target over a port, as a message. */
export function targetStatusOf(
  target: string,
  { testState, test, health, lastSizeMs }: Evidence,
  { outcomes }: TestRecord,
  wall: WallTime,
): TargetStatus {
  return {
    target,
    testState: testStateMessages[testState],
    inDoubt: isSuspect(health),
    lastSucceeded: wall.atOptional(test.lastSucceededMs),
    lastFailed: wall.atOptional(test.lastFailedMs),
    lastFailure: failureMessage(test.lastFailure),
    lastError: test.lastError ?? '',
    latency: latencyMessage(test.latencyMs),
    attempts: outcomes.length,
    answers: outcomes.filter(({ result }) => result.kind === 'answered').length,
    fullSizeSucceeded: wall.atOptional(lastSizeMs),
  };
}

/** What tests of a port have taken, as a message. */
export function budgetMessage(budget: Budget, state: BudgetState): TestBudget {
  return {
    monthlyBytes: BigInt(Math.round(budget.monthlyBytes)),
    spentBytes: BigInt(Math.round(budget.spentBytes)),
    monthBegan: timestampOf(budget.monthBeganMs),
    state: budgetStateMessages[state],
  };
}

const budgetStateMessages: Readonly<Record<BudgetState, TestBudgetState>> = {
  ample: TestBudgetState.TEST_BUDGET_STATE_AMPLE,
  tight: TestBudgetState.TEST_BUDGET_STATE_TIGHT,
  spent: TestBudgetState.TEST_BUDGET_STATE_SPENT,
};

/** How long an answer took, as a message. */
export function latencyMessage(latencyMs: number | undefined): ReturnType<typeof durationOf> | undefined {
  return latencyMs === undefined ? undefined : durationOf(latencyMs);
}

/** A kind of failure as a message. */
export function failureMessage(failure: FailureKind | undefined): TestFailureKind {
  return failure === undefined ? TestFailureKind.TEST_FAILURE_KIND_UNSPECIFIED : failureMessages[failure];
}

const failureMessages: Readonly<Record<FailureKind, TestFailureKind>> = {
  'no-gateway': TestFailureKind.TEST_FAILURE_KIND_NO_GATEWAY,
  dns: TestFailureKind.TEST_FAILURE_KIND_DNS,
  refused: TestFailureKind.TEST_FAILURE_KIND_REFUSED,
  timeout: TestFailureKind.TEST_FAILURE_KIND_TIMEOUT,
  unreachable: TestFailureKind.TEST_FAILURE_KIND_UNREACHABLE,
  reset: TestFailureKind.TEST_FAILURE_KIND_RESET,
  tls: TestFailureKind.TEST_FAILURE_KIND_TLS,
  portal: TestFailureKind.TEST_FAILURE_KIND_PORTAL,
  http: TestFailureKind.TEST_FAILURE_KIND_HTTP,
  local: TestFailureKind.TEST_FAILURE_KIND_LOCAL,
  size: TestFailureKind.TEST_FAILURE_KIND_SIZE,
};
