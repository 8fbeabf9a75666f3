import { PolicyChangeKind, type PolicyChange } from '../../../gen/zedagent/v1/policy.js';
import { wallMsOf, type Grant } from '../../../lib/configuration/index.js';
import type { EventLog, ManagerEvent, PolicyChangeType } from './index.js';

type PolicyChanged = Extract<ManagerEvent, { kind: 'policy-changed' }>;

/**
 * Puts changes of the policy into the event log, each once: zedagent tells kept ones again to a NIM that starts anew,
 * and the end of a grant comes from NIM's own clock as well as from zedagent.
 */
export class PolicyEvents {
  readonly #events: EventLog;

  constructor(events: EventLog) {
    this.#events = events;
  }

  /** What zedagent tells, at the time that it tells. */
  record(changes: readonly PolicyChange[]): void {
    if (changes.length === 0) return;
    const logged = this.#logged();
    for (const change of changes) {
      const event = eventOf(change);
      const wallMs = wallMsOf(change.time);
      if (logged.has(identityOf(event, wallMs))) continue;
      this.#events.append(event, wallMs);
    }
  }

  /** Grants that NIM itself has ended, now. */
  recordEnds(grants: readonly Grant[]): void {
    if (grants.length === 0) return;
    const logged = this.#logged();
    for (const { id, author, reason } of grants) {
      const changes = [`grant ${id} has ended`];
      const event = {
        kind: 'policy-changed',
        policyVersion: 0n,
        change: 'grant-ended',
        author,
        reason,
        grantId: id,
        changes,
      } as const;
      if (!logged.has(identityOf(event, 0))) this.#events.append(event);
    }
  }

  #logged(): ReadonlySet<string> {
    return new Set(
      this.#events
        .list(0)
        .flatMap(({ event, wallMs }) => (event.kind === 'policy-changed' ? [identityOf(event, wallMs)] : [])),
    );
  }
}

/** A grant ends once; versions begin anew where zedagent's files were lost, so the time belongs to them. */
function identityOf({ change, grantId, policyVersion }: PolicyChanged, wallMs: number): string {
  return change === 'grant-ended' ? `end of ${grantId ?? ''}` : `${policyVersion} at ${Math.floor(wallMs)}`;
}

function eventOf({ policyVersion, kind, author, reason, grantId, changes }: PolicyChange): PolicyChanged {
  return {
    kind: 'policy-changed',
    policyVersion,
    change: changeTypes[kind],
    author,
    reason,
    grantId: grantId === '' ? undefined : grantId,
    changes,
  };
}

const changeTypes: Readonly<Record<PolicyChangeKind, PolicyChangeType>> = {
  [PolicyChangeKind.POLICY_CHANGE_KIND_UNSPECIFIED]: 'updated',
  [PolicyChangeKind.POLICY_CHANGE_KIND_UPDATED]: 'updated',
  [PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_CREATED]: 'grant-created',
  [PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_REVOKED]: 'grant-revoked',
  [PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_ENDED]: 'grant-ended',
  [PolicyChangeKind.POLICY_CHANGE_KIND_DROPPED]: 'dropped',
  [PolicyChangeKind.UNRECOGNIZED]: 'updated',
};
