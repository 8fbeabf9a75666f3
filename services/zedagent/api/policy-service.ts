import { randomBytes } from 'node:crypto';

import { PolicyServiceService, type PolicyServiceServer } from '../../../gen/zedagent/v1/policy.js';
import { unary, type ServedService } from '../../../lib/rpc/index.js';
import { liveGrants } from '../grants/grant-times.js';
import { createGrant, revokeGrant } from '../grants/grants.js';
import type { InForce } from '../in-force/in-force.js';
import { authorOf } from './author.js';
import type { Instant } from '../in-force/instant.js';
import { policyReport } from '../policy/policy-report.js';
import type { Store } from '../state/store.js';
import { updatePolicy } from '../policy/update-policy.js';

/** PolicyService over what is in force. */
export function policyService(store: Store, now: () => Instant): ServedService {
  const implementation: PolicyServiceServer = {
    getPolicy: unary(() => policyReport(store.current, now())),
    updatePolicy: unary((request, { caller }) => {
      const author = authorOf(request.author, caller);
      return store.changeSliced((current, instant) => updatePolicy(current, { ...request, author }, instant));
    }),
    createGrant: unary((request, { caller }) => {
      const author = authorOf(request.author, caller);
      return store.change((current, instant) => createGrant(current, { ...request, author }, freeId(current), instant));
    }),
    revokeGrant: unary((request, { caller }) => {
      const author = authorOf(request.author, caller);
      return store.change((current, instant) => revokeGrant(current, { ...request, author }, instant));
    }),
    listGrants: unary(() => {
      const { policy } = store.current;
      return { policyVersion: policy.version, grants: liveGrants(policy.grants, now()) };
    }),
  };
  return { definition: PolicyServiceService, implementation };
}

/** Short enough to be typed, and nobody's yet. */
function freeId({ policy, changes }: InForce): string {
  for (;;) {
    const id = randomBytes(4).toString('hex');
    const taken = policy.grants.some((grant) => grant.id === id) || changes.some(({ grantId }) => grantId === id);
    if (!taken) return id;
  }
}
