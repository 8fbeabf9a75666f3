import { describe, expect, it } from '@jest/globals';
import { PortTestState } from '../../gen/evecommon/uplink.js';
import { CandidateReasonCode, PortCandidate } from '../../gen/nim/v1/network_instance_test_status.js';
import { ExplainResponse } from '../../gen/nim/v1/network_interface_manager.js';
import { explanationText } from './explanation-text.js';

const candidates = [
  PortCandidate.fromPartial({
    logicalLabel: 'wwan0',
    interface: 'wwan0',
    priority: 1,
    rank: 1,
    testState: PortTestState.PORT_TEST_STATE_WORKING,
    reasons: [{ code: CandidateReasonCode.CANDIDATE_REASON_CODE_SELECTED, detail: '' }],
  }),
  PortCandidate.fromPartial({
    logicalLabel: 'sat0',
    interface: 'sat0',
    priority: 9,
    testState: PortTestState.PORT_TEST_STATE_UNTESTED,
    reasons: [
      { code: CandidateReasonCode.CANDIDATE_REASON_CODE_PRIORITY_NOT_ALLOWED, detail: '9 is not in 0, 1' },
      { code: CandidateReasonCode.CANDIDATE_REASON_CODE_NO_ADDRESS, detail: '' },
    ],
  }),
];

describe('explanationText', () => {
  it('gives the sentences, then every candidate with its reasons', () => {
    expect(explanationText(ExplainResponse.fromPartial({ lines: ['ni1 uses wwan0.'], candidates }))).toBe(
      `ni1 uses wwan0.

RANK  PORT   INTERFACE  PRIORITY  TEST      BECAUSE
1     wwan0  wwan0      1         working   selected
-     sat0   sat0       9         untested  its priority is not permitted: 9 is not in 0, 1; no address`,
    );
  });

  it('says so where there are no ports', () => {
    expect(explanationText(ExplainResponse.fromPartial({}))).toBe('There are no ports');
  });
});
