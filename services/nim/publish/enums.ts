import { PortTestState } from '../../../gen/evecommon/uplink.js';
import {
  CandidateReasonCode,
  NoPortReason as NoPortReasonMessage,
  SelectionCause as SelectionCauseMessage,
  SelectionProof,
} from '../../../gen/nim/v1/network_instance_test_status.js';
import { PortLinkState } from '../../../gen/nim/v1/port_status.js';
import type { NoPortReason, Proof, ReasonCode, SelectionCause, TestState } from '../../../lib/decision/decide/index.js';
import type { PortObservation } from '../../../lib/decision/snapshot/index.js';

/** The words of decisions as the numbers of the contract; tables, so that the compiler finds what is left out. */
export const testStateMessages: Readonly<Record<TestState, PortTestState>> = {
  untested: PortTestState.PORT_TEST_STATE_UNTESTED,
  working: PortTestState.PORT_TEST_STATE_WORKING,
  failing: PortTestState.PORT_TEST_STATE_FAILING,
};

export const reasonMessages: Readonly<Record<ReasonCode, CandidateReasonCode>> = {
  'label-mismatch': CandidateReasonCode.CANDIDATE_REASON_CODE_LABEL_MISMATCH,
  'usage-forbids': CandidateReasonCode.CANDIDATE_REASON_CODE_USAGE_FORBIDS,
  'not-management-port': CandidateReasonCode.CANDIDATE_REASON_CODE_NOT_MANAGEMENT_PORT,
  'operation-not-allowed-on-port': CandidateReasonCode.CANDIDATE_REASON_CODE_OPERATION_NOT_ALLOWED_ON_PORT,
  'priority-not-allowed': CandidateReasonCode.CANDIDATE_REASON_CODE_PRIORITY_NOT_ALLOWED,
  'interface-missing': CandidateReasonCode.CANDIDATE_REASON_CODE_INTERFACE_MISSING,
  'admin-down': CandidateReasonCode.CANDIDATE_REASON_CODE_ADMIN_DOWN,
  'no-carrier': CandidateReasonCode.CANDIDATE_REASON_CODE_NO_CARRIER,
  'no-address': CandidateReasonCode.CANDIDATE_REASON_CODE_NO_ADDRESS,
  'no-route': CandidateReasonCode.CANDIDATE_REASON_CODE_NO_ROUTE,
  'test-failing': CandidateReasonCode.CANDIDATE_REASON_CODE_TEST_FAILING,
  untested: CandidateReasonCode.CANDIDATE_REASON_CODE_UNTESTED,
  'worse-priority': CandidateReasonCode.CANDIDATE_REASON_CODE_WORSE_PRIORITY,
  'not-in-use': CandidateReasonCode.CANDIDATE_REASON_CODE_NOT_IN_USE,
  'later-by-name': CandidateReasonCode.CANDIDATE_REASON_CODE_LATER_BY_NAME,
  degraded: CandidateReasonCode.CANDIDATE_REASON_CODE_DEGRADED,
  'failover-hold': CandidateReasonCode.CANDIDATE_REASON_CODE_FAILOVER_HOLD,
  'failback-hold': CandidateReasonCode.CANDIDATE_REASON_CODE_FAILBACK_HOLD,
  selected: CandidateReasonCode.CANDIDATE_REASON_CODE_SELECTED,
  unconfirmed: CandidateReasonCode.CANDIDATE_REASON_CODE_UNCONFIRMED,
  granted: CandidateReasonCode.CANDIDATE_REASON_CODE_GRANTED,
  'kept-while-none-works': CandidateReasonCode.CANDIDATE_REASON_CODE_KEPT_WHILE_NONE_WORKS,
};

export const causeMessages: Readonly<Record<SelectionCause, SelectionCauseMessage>> = {
  first: SelectionCauseMessage.SELECTION_CAUSE_FIRST,
  'link-lost': SelectionCauseMessage.SELECTION_CAUSE_LINK_LOST,
  'address-lost': SelectionCauseMessage.SELECTION_CAUSE_ADDRESS_LOST,
  'route-lost': SelectionCauseMessage.SELECTION_CAUSE_ROUTE_LOST,
  'test-failed': SelectionCauseMessage.SELECTION_CAUSE_TEST_FAILED,
  degraded: SelectionCauseMessage.SELECTION_CAUSE_DEGRADED,
  'better-port': SelectionCauseMessage.SELECTION_CAUSE_BETTER_PORT,
  policy: SelectionCauseMessage.SELECTION_CAUSE_POLICY,
  'port-available': SelectionCauseMessage.SELECTION_CAUSE_PORT_AVAILABLE,
};

export const noPortMessages: Readonly<Record<NoPortReason, NoPortReasonMessage>> = {
  'no-matching-port': NoPortReasonMessage.NO_PORT_REASON_NO_MATCHING_PORT,
  'none-permitted': NoPortReasonMessage.NO_PORT_REASON_NONE_PERMITTED,
  'none-usable': NoPortReasonMessage.NO_PORT_REASON_NONE_USABLE,
  'air-gapped': NoPortReasonMessage.NO_PORT_REASON_AIR_GAPPED,
};

export const proofMessages: Readonly<Record<Proof, SelectionProof>> = {
  none: SelectionProof.SELECTION_PROOF_NONE,
  address: SelectionProof.SELECTION_PROOF_ADDRESS,
  connection: SelectionProof.SELECTION_PROOF_CONNECTION,
  target: SelectionProof.SELECTION_PROOF_TARGET,
};

export function linkStateMessage(observation: PortObservation): PortLinkState {
  if (observation.kind === 'missing') return PortLinkState.PORT_LINK_STATE_MISSING;
  switch (observation.link) {
    case 'admin-down':
      return PortLinkState.PORT_LINK_STATE_ADMIN_DOWN;
    case 'no-carrier':
      return PortLinkState.PORT_LINK_STATE_NO_CARRIER;
    case 'up':
      return PortLinkState.PORT_LINK_STATE_UP;
  }
}
