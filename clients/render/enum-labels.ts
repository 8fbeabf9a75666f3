import { PortTestState, TestFailureKind } from '../../gen/evecommon/uplink.js';
import { CandidateReasonCode, NoPortReason, SelectionCause } from '../../gen/nim/v1/network_instance_test_status.js';
import { PortLinkState } from '../../gen/nim/v1/port_status.js';
import { ApplyState } from '../../gen/zedrouter/v1/network_router.js';

/** Words for the values of an enum. */
type Labels<Value extends number> = Readonly<Record<Exclude<Value, -1>, string>>;

function labelsFor<Value extends number>(labels: Labels<Value>): (value: Value) => string {
  const byNumber = labels as Readonly<Record<number, string | undefined>>;
  // A newer service may know more values than this command does.
  return (value) => byNumber[value] ?? `value ${value}`;
}

export const linkLabel = labelsFor<PortLinkState>({
  [PortLinkState.PORT_LINK_STATE_UNSPECIFIED]: '?',
  [PortLinkState.PORT_LINK_STATE_MISSING]: 'missing',
  [PortLinkState.PORT_LINK_STATE_ADMIN_DOWN]: 'switched off',
  [PortLinkState.PORT_LINK_STATE_NO_CARRIER]: 'no carrier',
  [PortLinkState.PORT_LINK_STATE_UP]: 'up',
});

export const testLabel = labelsFor<PortTestState>({
  [PortTestState.PORT_TEST_STATE_UNSPECIFIED]: '?',
  [PortTestState.PORT_TEST_STATE_UNTESTED]: 'untested',
  [PortTestState.PORT_TEST_STATE_WORKING]: 'working',
  [PortTestState.PORT_TEST_STATE_FAILING]: 'failing',
});

export const failureLabel = labelsFor<TestFailureKind>({
  [TestFailureKind.TEST_FAILURE_KIND_UNSPECIFIED]: '',
  [TestFailureKind.TEST_FAILURE_KIND_NO_GATEWAY]: 'no gateway',
  [TestFailureKind.TEST_FAILURE_KIND_DNS]: 'DNS',
  [TestFailureKind.TEST_FAILURE_KIND_REFUSED]: 'refused',
  [TestFailureKind.TEST_FAILURE_KIND_TIMEOUT]: 'no answer',
  [TestFailureKind.TEST_FAILURE_KIND_UNREACHABLE]: 'unreachable',
  [TestFailureKind.TEST_FAILURE_KIND_RESET]: 'broken off',
  [TestFailureKind.TEST_FAILURE_KIND_TLS]: 'TLS',
  [TestFailureKind.TEST_FAILURE_KIND_PORTAL]: 'captive portal',
  [TestFailureKind.TEST_FAILURE_KIND_HTTP]: 'HTTP error',
  [TestFailureKind.TEST_FAILURE_KIND_LOCAL]: 'not testable',
  [TestFailureKind.TEST_FAILURE_KIND_SIZE]: 'large packets lost',
});

export const causeLabel = labelsFor<SelectionCause>({
  [SelectionCause.SELECTION_CAUSE_UNSPECIFIED]: '',
  [SelectionCause.SELECTION_CAUSE_FIRST]: 'started',
  [SelectionCause.SELECTION_CAUSE_LINK_LOST]: 'link lost',
  [SelectionCause.SELECTION_CAUSE_ADDRESS_LOST]: 'address lost',
  [SelectionCause.SELECTION_CAUSE_ROUTE_LOST]: 'default route lost',
  [SelectionCause.SELECTION_CAUSE_TEST_FAILED]: 'test failed',
  [SelectionCause.SELECTION_CAUSE_DEGRADED]: 'loss or latency above threshold',
  [SelectionCause.SELECTION_CAUSE_BETTER_PORT]: 'better port works',
  [SelectionCause.SELECTION_CAUSE_POLICY]: 'policy changed',
  [SelectionCause.SELECTION_CAUSE_PORT_AVAILABLE]: 'port became available',
});

export const noPortLabel = labelsFor<NoPortReason>({
  [NoPortReason.NO_PORT_REASON_UNSPECIFIED]: 'no port',
  [NoPortReason.NO_PORT_REASON_NO_MATCHING_PORT]: 'no port has its label',
  [NoPortReason.NO_PORT_REASON_NONE_PERMITTED]: 'policy forbids every port with its label',
  [NoPortReason.NO_PORT_REASON_NONE_USABLE]: 'no permitted port has link, address and default route',
  [NoPortReason.NO_PORT_REASON_AIR_GAPPED]: 'air-gapped',
});

export const applyLabel = labelsFor<ApplyState>({
  [ApplyState.APPLY_STATE_UNSPECIFIED]: '?',
  [ApplyState.APPLY_STATE_PENDING]: 'pending',
  [ApplyState.APPLY_STATE_APPLIED]: 'applied',
  [ApplyState.APPLY_STATE_ERROR]: 'error',
});

export const reasonLabel = labelsFor<CandidateReasonCode>({
  [CandidateReasonCode.CANDIDATE_REASON_CODE_UNSPECIFIED]: '',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_LABEL_MISMATCH]: 'does not have the label',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_USAGE_FORBIDS]: 'its usage forbids it',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_NOT_MANAGEMENT_PORT]: 'not a management port',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_OPERATION_NOT_ALLOWED_ON_PORT]: 'operation not permitted on this port',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_PRIORITY_NOT_ALLOWED]: 'its priority is not permitted',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_INTERFACE_MISSING]: 'interface missing',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_ADMIN_DOWN]: 'switched off',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_NO_CARRIER]: 'no carrier',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_NO_ADDRESS]: 'no address',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_NO_ROUTE]: 'no default route',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_TEST_FAILING]: 'test fails',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_UNTESTED]: 'untested',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_WORSE_PRIORITY]: 'worse priority',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_NOT_IN_USE]: 'not in use',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_LATER_BY_NAME]: 'later by name',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_FAILBACK_HOLD]: 'has not been working for long enough',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_FAILOVER_HOLD]: 'waits before a costlier port is taken',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_DEGRADED]: 'loss or latency above threshold',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_SELECTED]: 'selected',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_KEPT_WHILE_NONE_WORKS]: 'kept while none works',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_GRANTED]: 'granted',
  [CandidateReasonCode.CANDIDATE_REASON_CODE_UNCONFIRMED]: 'not confirmed yet',
});
