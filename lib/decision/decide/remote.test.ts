import { describe, expect, it } from '@jest/globals';

import { controllerTarget, NETWORK_INSTANCE_ID, rankingOf, Scenario } from './testing/scenario.js';

/**
 * As in decide.test.ts: seconds | what happens | the ranking wanted, `!` where it is not verified | cause of the last
 * change.
 */
const scenarios: Readonly<Record<string, { readonly ports: string; readonly steps: readonly string[] }>> = {
  'waits for the first test of the port in use': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0    | | eth0 wwan0 ! | first',
      '0.05 | wwan0:answers | eth0 wwan0 ! | first',
      '0.3  | eth0:answers | eth0 wwan0 | first',
    ],
  },
  'and not for ever': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0     | | eth0 wwan0 ! | first',
      '0.05  | wwan0:answers | eth0 wwan0 ! | first',
      '4.999 | | eth0 wwan0 ! | first',
      '5     | | wwan0 eth0 | better-port',
    ],
  },
  'a restart does not move anything before its first test': {
    ports: 'eth0=0 wwan0=10',
    steps: ['0   | eth0:answers wwan0:answers | eth0 wwan0 | first', '100 | restart | eth0 wwan0 | first'],
  },
  'a dead port is left for one that answers anew': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0    | eth0:answers wwan0:answers | eth0 wwan0 | first',
      '90   | eth0:silent | eth0 wwan0 ! | first',
      '90.1 | wwan0:keepalive | wwan0 eth0 | test-failed',
    ],
  },
  'the answer may have come while the path was only suspect': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0    | eth0:answers wwan0:answers | eth0 wwan0 | first',
      '90   | eth0:silent wwan0:keepalive | wwan0 eth0 | test-failed',
    ],
  },
  'the target is down: nobody moves': {
    ports: 'eth0=0 wwan0=10 sat0=20',
    steps: [
      '0  | eth0:answers wwan0:answers sat0:answers | eth0 wwan0 sat0 | first',
      '90 | eth0:silent | eth0 wwan0 sat0 ! | first',
      '91 | wwan0:silent sat0:silent | eth0 wwan0 sat0 ! | first',
      '99 | eth0:answers eth0:answers | eth0 wwan0 sat0 | first',
    ],
  },
  'two are dead, the third answers': {
    ports: 'eth0=0 wwan0=10 sat0=20',
    steps: [
      '0  | eth0:answers wwan0:answers sat0:answers | eth0 wwan0 sat0 | first',
      '90 | eth0:silent wwan0:silent | eth0 sat0 wwan0 ! | first',
      '91 | sat0:keepalive | sat0 eth0 wwan0 | test-failed',
    ],
  },
  'a lost link does not ask for confirmation': {
    ports: 'eth0=0 wwan0=10',
    steps: ['0  | eth0:answers wwan0:answers | eth0 wwan0 | first', '90 | eth0:no-carrier | wwan0 | link-lost'],
  },
  'comes back after two tests and the hold': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0    | eth0:answers wwan0:answers | eth0 wwan0 | first',
      '90   | eth0:silent wwan0:keepalive | wwan0 eth0 | test-failed',
      '100  | eth0:keepalive | wwan0 eth0 | test-failed',
      '101  | eth0:answers | wwan0 eth0 | test-failed',
      '102  | eth0:answers | wwan0 eth0~ | test-failed',
      '131  | | wwan0 eth0~ | test-failed',
      '132  | | eth0 wwan0 | better-port',
    ],
  },
  'refused three times is a verdict, too': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0  | eth0:answers wwan0:answers | eth0 wwan0 | first',
      '90 | eth0:refuses | eth0 wwan0 | first',
      '91 | eth0:refuses | eth0 wwan0 | first',
      '92 | eth0:refuses | eth0 wwan0 ! | first',
      // Its address answers, which the other's does as well.
      '93 | wwan0:keepalive | eth0 wwan0 ! | first',
      '94 | wwan0:answers | wwan0 eth0 | test-failed',
    ],
  },
};

describe('decide, with a controller that tests ask', () => {
  it.each(Object.entries(scenarios))('%s', (_name, { ports, steps }) => {
    const scenario = new Scenario(ports, controllerTarget);
    for (const step of steps) {
      const [seconds = '', changes = '', wanted = '', cause = ''] = step.split('|').map((part) => part.trim());
      const selection = scenario.decideAt(Number(seconds), changes).selections.get(NETWORK_INSTANCE_ID);
      if (selection === undefined) throw new Error('no selection');
      const { outcome } = selection;
      const verified = outcome.kind === 'port' && outcome.verified ? '' : ' !';
      expect(`${seconds}: ${rankingOf(selection)}${verified} | ${selection.cause}`).toBe(
        `${seconds}: ${wanted} | ${cause}`,
      );
    }
  });

  it('says of each port what it is waiting for', () => {
    const scenario = new Scenario('eth0=0 wwan0=10', controllerTarget);
    scenario.decideAt(0, 'eth0:answers wwan0:answers');
    const selection = scenario.decideAt(90, 'eth0:silent').selections.get(NETWORK_INSTANCE_ID);
    expect(selection?.candidates.map(({ label, reasons }) => [label, reasons.map(({ code }) => code)])).toEqual([
      ['eth0', ['selected', 'kept-while-none-works', 'test-failing']],
      ['wwan0', ['unconfirmed', 'worse-priority']],
    ]);
  });

  it('tests by address where controller traffic may not go', () => {
    const scenario = new Scenario('eth0=0 wwan0=10', controllerTarget);
    const { selections } = scenario.decideAt(0, '');
    expect(selections.get(NETWORK_INSTANCE_ID)?.candidates[0]?.targetKey).toMatch(/^https:/);
  });
});
