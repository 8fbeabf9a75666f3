import { status } from '@grpc/grpc-js';

import {
  PolicyChangeKind,
  type OverrideOrigin,
  type UpdatePolicyRequest,
  type UpdatePolicyResponse,
} from '../../../gen/zedagent/v1/policy.js';
import { interpretSliced, patchOverrides, Problems, timestampOf } from '../../../lib/configuration/index.js';
import { RpcError, type FieldViolation } from '../../../lib/rpc/index.js';
import type { Sliced } from '../../../lib/slices/index.js';
import { configInForce, configuredModel, withChange, type InForce } from '../in-force/in-force.js';
import type { Instant } from '../in-force/instant.js';
import { configViolations } from '../config/push-config.js';
import type { Transition } from '../in-force/transition.js';
import { checkText } from './free-text.js';

/**
 * What an update makes of the policy in force.
 * @throws RpcError with every problem, or where the expected version is not in force
 */
export function* updatePolicy(
  current: InForce,
  request: UpdatePolicyRequest,
  now: Instant,
): Sliced<Transition<UpdatePolicyResponse>> {
  const { patch, expectedPolicyVersion, dryRun, author, reason } = request;
  const { config } = configInForce(current);
  const { policy } = current;
  refuseOtherVersion(expectedPolicyVersion, policy.version);
  if (patch === undefined) throw invalid([{ field: 'patch', description: 'is required' }]);
  const time = timestampOf(now.wallMs);
  const origin: OverrideOrigin = { author, reason, setAt: time, policyVersion: policy.version + 1n };
  const problems = new Problems();
  const { overrides, changes } = patchOverrides(policy.overrides, patch, configuredModel(config), origin, problems);
  const textProblems = new Problems();
  checkText(author, 'author', textProblems);
  checkText(reason, 'reason', textProblems);
  const violations = [
    ...problems.list.map(({ field, description }) => ({ field: `patch.${field}`, description })),
    ...textProblems.list,
  ];
  if (violations.length > 0) throw invalid(violations);
  const interpretation = yield* interpretSliced(config, { overrides: [...overrides], grants: policy.grants });
  if (interpretation.kind === 'invalid') throw invalid(configViolations(interpretation.problems));
  if (changes.length === 0) return { answer: { policyVersion: policy.version, changes: [] } };
  const answer = { policyVersion: policy.version + 1n, changes: [...changes] };
  if (dryRun) return { answer };
  const kind = PolicyChangeKind.POLICY_CHANGE_KIND_UPDATED;
  const change = { kind, time, author, reason, grantId: '', changes: [...changes] };
  return { answer, next: withChange(current, { overrides: [...overrides] }, change) };
}

function invalid(violations: readonly FieldViolation[]): RpcError {
  return new RpcError(
    status.INVALID_ARGUMENT,
    violations.length === 1 ? 'the policy has a problem' : `the policy has ${violations.length} problems`,
    { reason: 'INVALID_POLICY', violations },
  );
}

function refuseOtherVersion(expected: bigint | undefined, current: bigint): void {
  if (expected === undefined || expected === current) return;
  throw new RpcError(
    status.FAILED_PRECONDITION,
    `policy version ${expected} was expected, and ${current} is in force`,
    { reason: 'POLICY_VERSION_MISMATCH', metadata: { currentPolicyVersion: String(current) } },
  );
}
