import { describe, expect, it } from '@jest/globals';

import { Profiles } from '../../../../lib/decision/decide/index.js';
import { Scenario, targetOf } from '../../../../lib/decision/decide/testing/scenario.js';
import { planTests } from './plan-tests.js';

const targets = ['https://a.example/', 'icmp://192.0.2.1', 'tcp://192.0.2.2:443'].map(targetOf);
const BEGIN = 'eth0:answers.1 eth0:answers.2 eth0:answers.3 wwan0:answers.1 wwan0:answers.2 wwan0:answers.3';

/** What each target is asked for over each port, after these changes at second 90: `eth0 a in-use`. */
function rolesAfter(needed: number, changes: string): readonly string[] {
  const scenario = new Scenario('eth0=0 wwan0=10', undefined, { targets, needed });
  scenario.decideAt(0, BEGIN);
  const decision = scenario.decideAt(90, changes);
  const assignments = planTests(scenario.policy, new Profiles(scenario.policy), decision);
  return assignments.map(({ label, target, role }) => `${label} ${target.kind} ${role.kind}`);
}

describe('several targets of a network instance', () => {
  it('are each tested over each port', () => {
    expect(rolesAfter(1, '')).toEqual([
      ...['eth0 https in-use', 'eth0 icmp in-use', 'eth0 tcp in-use'],
      ...['wwan0 https standby', 'wwan0 icmp standby', 'wwan0 tcp standby'],
    ]);
  });

  it('are asked at leisure where they fail and are not needed', () => {
    expect(rolesAfter(2, 'eth0:silent.2')).toEqual([
      ...['eth0 https in-use', 'eth0 icmp standby', 'eth0 tcp in-use'],
      ...['wwan0 https standby', 'wwan0 icmp standby', 'wwan0 tcp standby'],
    ]);
  });

  it('are all wanted of another port where too few are left', () => {
    expect(rolesAfter(3, 'eth0:silent.2')).toEqual([
      ...['eth0 https in-use', 'eth0 icmp in-use', 'eth0 tcp in-use'],
      ...['wwan0 https wanted', 'wwan0 icmp wanted', 'wwan0 tcp wanted'],
    ]);
  });
});
