import type { Event } from '../../../gen/nim/v1/event.js';
import { PolicyChangeKind } from '../../../gen/zedagent/v1/policy.js';
import { routeSelectionOf, timestampOf } from '../../../lib/configuration/index.js';
import { causeMessages, failureMessage, testStateMessages } from '../publish/index.js';
import type { ManagerEvent, LoggedEvent, PolicyChangeType } from './event.js';

const changeMessages: Readonly<Record<PolicyChangeType, PolicyChangeKind>> = {
  updated: PolicyChangeKind.POLICY_CHANGE_KIND_UPDATED,
  'grant-created': PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_CREATED,
  'grant-revoked': PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_REVOKED,
  'grant-ended': PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_ENDED,
  dropped: PolicyChangeKind.POLICY_CHANGE_KIND_DROPPED,
};

/** An event of the log as a message. */
export function eventMessage({ sequence, wallMs, event }: LoggedEvent): Event {
  return { sequence: BigInt(sequence), time: timestampOf(wallMs), kind: kindOf(event) };
}

function kindOf(event: ManagerEvent): NonNullable<Event['kind']> {
  switch (event.kind) {
    case 'port-changed':
      return {
        $case: 'portChanged',
        value: { logicalLabel: event.label, interface: event.interfaceName, changes: [...event.changes] },
      };
    case 'selection-changed':
      return {
        $case: 'selectionChanged',
        value: {
          networkInstanceId: routeSelectionOf(event.networkInstanceId)?.networkInstanceId ?? event.networkInstanceId,
          displayName: event.networkInstanceName,
          fromPort: event.fromPort ?? '',
          toPort: event.toPort ?? '',
          cause: causeMessages[event.cause],
          causeDetail: event.causeDetail,
        },
      };
    case 'port-test-changed':
      return {
        $case: 'portTestChanged',
        value: {
          logicalLabel: event.label,
          interface: event.interfaceName,
          target: event.targetKey,
          from: testStateMessages[event.from],
          to: testStateMessages[event.to],
          failure: failureMessage(event.failure),
          detail: event.detail,
        },
      };
    case 'policy-changed':
      return {
        $case: 'policyChanged',
        value: {
          policyVersion: event.policyVersion,
          kind: changeMessages[event.change],
          author: event.author,
          reason: event.reason,
          grantId: event.grantId ?? '',
          changes: [...event.changes],
        },
      };
    case 'configuration-changed':
      return {
        $case: 'configurationChanged',
        value: {
          version: event.version,
          author: event.author,
          changes: [...(event.changes ?? [])],
          reason: event.reason ?? '',
        },
      };
  }
}
