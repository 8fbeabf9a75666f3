import { describe, expect, it } from '@jest/globals';

import { NetworkOperation } from '../../../gen/evecommon/uplink.js';
import { rankPortsForOperation } from '../../../lib/decision/decide/index.js';
import { NETWORK_INSTANCE_ID, Scenario, targetOf } from '../../../lib/decision/decide/testing/scenario.js';
import { explainOperation, explainSelection, formatDuration } from './explain.js';

function explained(scenario: Scenario, seconds: number, changes = ''): readonly string[] {
  const selection = scenario.decideAt(seconds, changes).selections.get(NETWORK_INSTANCE_ID);
  if (selection === undefined) throw new Error('no selection');
  return explainSelection(selection, seconds * 1000);
}

describe('explainSelection', () => {
  it('tells an engineer what is used, why, and how the others stand', () => {
    const scenario = new Scenario('eth0=0 wwan0=10 sat0=20');
    scenario.decideAt(0, 'allow=0,10');
    scenario.decideAt(100, 'eth0:no-carrier');
    scenario.decideAt(200, 'eth0:up');
    expect(explained(scenario, 212)).toEqual([
      'crew uses wwan0 (priority 10), for 1 min 52 s.',
      'It has link, address and a default route, and no target is asked whether it works.',
      'Last change: link lost (eth0: no carrier).',
      '1. wwan0 (priority 10): in use, and kept until a better port has worked for long enough.',
      '2. eth0 (priority 0): works again after 100 s, and must have worked for 30 s before traffic goes back to it; 18 s to go.',
      'sat0 (priority 20): not permitted: priority 20 is not among those allowed (0, 10).',
    ]);
  });

  it('says that there is none, and why', () => {
    const scenario = new Scenario('eth0=0');
    scenario.decideAt(0, '');
    expect(explained(scenario, 1, 'eth0:admin-down')).toEqual([
      'crew has no port, for 0 ms: none of its permitted ports has link, address and a default route. Its traffic is rejected.',
      'Last change: link lost (eth0: switched off (administratively down)).',
      'eth0 (priority 0): permitted, not usable now: switched off (administratively down).',
    ]);
  });

  it.each([
    ['tcp://192.0.2.1:443', /^It is reached by TCP connect only: .* anyone on the way can do/],
    ['https://a.example/', /^It is known to work\.$/],
    ['icmp://192.0.2.1', /^It is known to work\.$/],
  ])('names what is proved by %s', (target, words) => {
    const scenario = new Scenario('eth0=0', targetOf(target));
    expect(explained(scenario, 0, 'eth0:answers')[1]).toMatch(words);
  });

  it('does not call a port good that nobody knows to be', () => {
    const scenario = new Scenario('eth0=0');
    expect(explained(scenario, 0, 'eth0:failing')).toContain('It is not known to work; none that may be used is.');
  });
});

describe('explainOperation', () => {
  const scenario = new Scenario('eth0=0 wwan0=10');
  const explain = (operation: NetworkOperation, decision = scenario.decideAt(0, '')): string | undefined =>
    explainOperation(
      operation,
      rankPortsForOperation(operation, scenario.snapshot, scenario.policy, decision.memory, 0),
      0,
    )[0];

  it('names the ports in order, or why there is none', () => {
    expect(explain(NetworkOperation.NETWORK_OPERATION_CONTROLLER)).toBe(
      'Controller traffic may use, best first: eth0, wwan0.',
    );
    expect(explain(NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD)).toBe(
      'App image download may use, best first: eth0.',
    );
    const cut = scenario.decideAt(1, 'eth0:no-carrier');
    expect(explain(NetworkOperation.NETWORK_OPERATION_APP_IMAGE_DOWNLOAD, cut)).toBe(
      'App image download has no port now: no permitted one has link, address and a default route.',
    );
    const without = scenario.decideAt(2, '-eth0');
    expect(explain(NetworkOperation.NETWORK_OPERATION_BASE_IMAGE_DOWNLOAD, without)).toBe(
      'Base image download has no port: policy permits none.',
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [12_300, '12 s'],
    [200_000, '3 min 20 s'],
    [18_600_000, '5 h 10 min'],
    [183_600_000, '2 d 3 h'],
  ])('%d ms: %s', (durationMs, want) => {
    expect(formatDuration(durationMs)).toBe(want);
  });
});
