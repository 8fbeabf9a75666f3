import { status } from '@grpc/grpc-js';

import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import {
  PolicyChangeKind,
  type CreateGrantRequest,
  type CreateGrantResponse,
  type Grant,
  type RevokeGrantRequest,
  type RevokeGrantResponse,
} from '../../../gen/zedagent/v1/policy.js';
import {
  checkPriorities,
  durationInMs,
  durationOf,
  grantOf,
  hasEnded,
  isKnownOperation,
  formatOperation,
  networkInstanceNamed,
  formatPriorities,
  Problems,
  timestampOf,
  type DeviceModel,
} from '../../../lib/configuration/index.js';
import { RpcError } from '../../../lib/rpc/index.js';
import { configInForce, configuredModel, effectiveModel, withChange, type InForce } from '../in-force/in-force.js';
import type { Instant } from '../in-force/instant.js';
import type { Transition } from '../in-force/transition.js';
import { checkText } from '../policy/free-text.js';

const SHORTEST_MS = 1_000;
/** What is to hold for longer is a policy, not a grant. */
const LONGEST_MS = 31 * 86_400_000;
/** Each change of the policy carries all of them. */
const MOST_GRANTS = 100;

/**
 * Makes a grant that nobody has yet under this id.
 * @throws RpcError with every problem
 */
export function createGrant(
  current: InForce,
  request: CreateGrantRequest,
  id: string,
  now: Instant,
): Transition<CreateGrantResponse> {
  const model = configuredModel(configInForce(current).config);
  const problems = new Problems();
  const { operation, networkInstance, reason, author } = request;
  if (!isKnownOperation(operation)) problems.add('operation', `${operation} is no operation`);
  const priorities = checkPriorities(request.priorities, 'priorities', problems);
  if (priorities.length === 0) problems.add('priorities', 'must name at least one');
  const appTraffic = operation === NetworkOperation.NETWORK_OPERATION_APP_TRAFFIC;
  if (networkInstance !== '' && !appTraffic) {
    problems.add('networkInstance', 'only app traffic can be granted to one network instance');
  }
  const networkInstanceId =
    networkInstance === '' ? '' : networkInstanceNamed(networkInstance, model, 'networkInstance', problems);
  const lifetimeMs = durationInMs(request.lifetime);
  if (lifetimeMs < SHORTEST_MS || lifetimeMs > LONGEST_MS)
    problems.add('lifetime', 'must be between 1 second and 31 days');
  if (reason.trim() === '') problems.add('reason', 'is required: it is what others read who wonder about the bill');
  checkText(reason, 'reason', problems);
  checkText(author, 'author', problems);
  if (problems.list.length > 0) {
    throw new RpcError(status.INVALID_ARGUMENT, 'the grant cannot be made', {
      reason: 'INVALID_GRANT',
      violations: problems.list,
    });
  }
  const live = current.policy.grants.filter((grant) => !hasEnded(grantOf(grant), now.boottimeMs));
  if (live.length >= MOST_GRANTS) {
    throw new RpcError(status.RESOURCE_EXHAUSTED, `there are ${MOST_GRANTS} grants already; revoke one first`, {
      reason: 'TOO_MANY_GRANTS',
    });
  }
  const grant: Grant = {
    id,
    operation,
    priorities: [...priorities],
    networkInstanceId: networkInstanceId ?? '',
    reason,
    author,
    createdAt: timestampOf(now.wallMs),
    expiresAt: timestampOf(now.wallMs + lifetimeMs),
    remaining: durationOf(lifetimeMs),
    endsAtBoottime: durationOf(now.boottimeMs + lifetimeMs),
  };
  const until = new Date(now.wallMs + lifetimeMs).toISOString().replace('T', ' ');
  const changes = [`grant ${id}: ${describePermission(grant, effectiveModel(current), 'may')} until ${until}`];
  const next = withChange(
    current,
    { grants: [...current.policy.grants, grant], bootId: now.bootId },
    {
      kind: PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_CREATED,
      time: grant.createdAt,
      author,
      reason,
      grantId: id,
      changes,
    },
  );
  return { answer: { grant, policyVersion: next.policy.version, changes }, next };
}

/** Ends a grant before its time. @throws RpcError NOT_FOUND */
export function revokeGrant(
  current: InForce,
  request: RevokeGrantRequest,
  now: Instant,
): Transition<RevokeGrantResponse> {
  const { id, author, reason } = request;
  const textProblems = new Problems();
  checkText(author, 'author', textProblems);
  checkText(reason, 'reason', textProblems);
  if (textProblems.list.length > 0) {
    throw new RpcError(status.INVALID_ARGUMENT, 'the grant cannot be revoked', {
      reason: 'INVALID_GRANT',
      violations: textProblems.list,
    });
  }
  const grant = current.policy.grants.find((each) => each.id === id);
  if (grant === undefined || hasEnded(grantOf(grant), now.boottimeMs)) {
    throw new RpcError(status.NOT_FOUND, `there is no live grant ${JSON.stringify(id)}`, { reason: 'GRANT_NOT_FOUND' });
  }
  const changes = [`grant ${id} revoked: ${describePermission(grant, effectiveModel(current), 'may no longer')}`];
  const next = withoutGrants(current, [grant], {
    kind: PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_REVOKED,
    time: timestampOf(now.wallMs),
    author,
    reason,
    grantId: id,
    changes,
  });
  return { answer: { policyVersion: next.policy.version, changes }, next };
}

/** Takes out the grants whose time is up, one version each. Undefined where there is none. */
export function endGrants(current: InForce, now: Instant): Pick<InForce, 'policy' | 'changes'> | undefined {
  const ended = current.policy.grants.filter((grant) => hasEnded(grantOf(grant), now.boottimeMs));
  if (ended.length === 0) return undefined;
  const model = effectiveModel(current);
  let next: InForce = current;
  for (const grant of ended) {
    const change = {
      kind: PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_ENDED,
      time: timestampOf(now.wallMs),
      author: grant.author,
      reason: grant.reason,
      grantId: grant.id,
      changes: [`grant ${grant.id} has ended: ${describePermission(grant, model, 'may no longer')}`],
    };
    next = { ...next, ...withoutGrants(next, [grant], change) };
  }
  return { policy: next.policy, changes: next.changes };
}

function withoutGrants(current: InForce, gone: readonly Grant[], change: Parameters<typeof withChange>[2]) {
  const ids = new Set(gone.map(({ id }) => id));
  return withChange(current, { grants: current.policy.grants.filter(({ id }) => !ids.has(id)) }, change);
}

/** `app image download may use priority 2 (sat0)` */
function describePermission(
  { operation, priorities, networkInstanceId }: Grant,
  model: DeviceModel | undefined,
  may: 'may' | 'may no longer',
): string {
  const instance = model?.networkInstances.find(({ id }) => id === networkInstanceId);
  const whose = networkInstanceId === '' ? '' : ` of ${instance?.name ?? networkInstanceId}`;
  const ports = model?.ports.filter(({ priority }) => priorities.includes(priority)).map(({ label }) => label) ?? [];
  const which = ports.length === 0 ? 'no port has it' : ports.join(', ');
  return `${formatOperation(operation)}${whose} ${may} use priority ${formatPriorities(priorities)} (${which})`;
}
