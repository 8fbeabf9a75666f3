import type { Event } from '../../../gen/nim/v1/event.js';
import { PolicyChangeKind } from '../../../gen/zedagent/v1/policy.js';
import { timestampOf } from '../../../lib/configuration/index.js';
import { causeMessages, failureMessage, testStateMessages } from '../publish/index.js';
import type { Happening, LoggedEvent, PolicyChangeWord } from './event.js';

const changeMessages: Readonly<Record<PolicyChangeWord, PolicyChangeKind>> = {
  updated: PolicyChangeKind.POLICY_CHANGE_KIND_UPDATED,
  'grant-created': PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_CREATED,
  'grant-revoked': PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_REVOKED,
  'grant-ended': PolicyChangeKind.POLICY_CHANGE_KIND_GRANT_ENDED,
  dropped: PolicyChangeKind.POLICY_CHANGE_KIND_DROPPED,
};

/** An event of the log as a message. */
export function eventMessage({ sequence, wallMs, happening }: LoggedEvent): Event {
  return { sequence: BigInt(sequence), time: timestampOf(wallMs), kind: kindOf(happening) };
}

function kindOf(happening: Happening): NonNullable<Event['kind']> {
  switch (happening.kind) {
    case 'port-changed':
      return {
        $case: 'portChanged',
        value: { logicalLabel: happening.label, interface: happening.interfaceName, changes: [...happening.changes] },
      };
    case 'selection-changed':
      return {
        $case: 'selectionChanged',
        value: {
          networkInstanceId: happening.networkInstanceId,
          displayName: happening.networkInstanceName,
          fromPort: happening.fromPort ?? '',
          toPort: happening.toPort ?? '',
          cause: causeMessages[happening.cause],
          causeDetail: happening.causeDetail,
        },
      };
    case 'port-test-changed':
      return {
        $case: 'portTestChanged',
        value: {
          logicalLabel: happening.label,
          interface: happening.interfaceName,
          target: happening.targetKey,
          from: testStateMessages[happening.from],
          to: testStateMessages[happening.to],
          failure: failureMessage(happening.failure),
          detail: happening.detail,
        },
      };
    case 'policy-changed':
      return {
        $case: 'policyChanged',
        value: {
          policyVersion: happening.policyVersion,
          kind: changeMessages[happening.change],
          author: happening.author,
          reason: happening.reason,
          grantId: happening.grantId ?? '',
          changes: [...happening.changes],
        },
      };
    case 'configuration-changed':
      return { $case: 'configurationChanged', value: { version: happening.version, author: happening.author } };
  }
}
