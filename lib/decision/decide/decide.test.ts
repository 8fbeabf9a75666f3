import { describe, expect, it } from '@jest/globals';

import { controllerTarget, NETWORK_INSTANCE_ID, rankingOf, Scenario } from './testing/scenario.js';

/**
 * Each step: seconds | what happens | the ranking wanted, `~` marks a port on hold | cause of the last change.
 * `!` behind the ranking: the selected port is not verified.
 */
const scenarios: Readonly<
  Record<string, { readonly ports: string; readonly target?: boolean; readonly steps: readonly string[] }>
> = {
  'takes the best priority first': {
    ports: 'eth0=0 wwan0=10 sat0=20',
    steps: ['0 | | eth0 wwan0 sat0 | first'],
  },
  'equal priorities: by name at first, then the one in use': {
    ports: 'wwan0=10 eth1=10',
    steps: [
      '0  | | eth1 wwan0 | first',
      '5  | eth1:no-carrier | wwan0 | link-lost',
      '90 | eth1:up | wwan0 eth1 | link-lost',
      '500 | | wwan0 eth1 | link-lost',
    ],
  },
  'carrier lost: leaves at once, comes back after the hold': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0  | | eth0 wwan0 | first',
      '10 | eth0:no-carrier | wwan0 | link-lost',
      '20 | eth0:up | wwan0 eth0~ | link-lost',
      '49.999 | | wwan0 eth0~ | link-lost',
      '50 | | eth0 wwan0 | better-port',
    ],
  },
  'interface missing and admin down are a lost link': {
    ports: 'eth0=0 wwan0=10 sat0=20',
    steps: [
      '0 | | eth0 wwan0 sat0 | first',
      '1 | eth0:missing | wwan0 sat0 | link-lost',
      '2 | wwan0:admin-down | sat0 | link-lost',
    ],
  },
  'address lost': {
    ports: 'eth0=0 wwan0=10',
    steps: ['0 | | eth0 wwan0 | first', '7 | eth0:no-address | wwan0 | address-lost'],
  },
  'default route lost, and back': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0 | | eth0 wwan0 | first',
      '7 | eth0:no-route | wwan0 | route-lost',
      '8 | eth0:up | wwan0 eth0~ | route-lost',
    ],
  },
  'nothing left, and something again: no hold from nothing': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0 | | eth0 wwan0 | first',
      '1 | eth0:no-carrier wwan0:no-address | none: none-usable | link-lost',
      '2 | wwan0:up | wwan0 | port-available',
    ],
  },
  'starts with nothing': {
    ports: 'eth0=0',
    steps: ['0 | eth0:no-carrier | none: none-usable | first', '9 | eth0:up | eth0 | port-available'],
  },
  'the hold doubles with each loss, and forgets after an hour': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0   | | eth0 wwan0 | first',
      '10  | eth0:no-carrier | wwan0 | link-lost',
      '20  | eth0:up | wwan0 eth0~ | link-lost',
      '25  | eth0:no-carrier | wwan0 | link-lost',
      '30  | eth0:up | wwan0 eth0~ | link-lost',
      '89  | | wwan0 eth0~ | link-lost',
      '90  | | eth0 wwan0 | better-port',
      '100 | eth0:no-carrier | wwan0 | link-lost',
      '110 | eth0:up | wwan0 eth0~ | link-lost',
      '229 | | wwan0 eth0~ | link-lost',
      '230 | | eth0 wwan0 | better-port',
      '4000 | eth0:no-carrier | wwan0 | link-lost',
      '4001 | eth0:up | wwan0 eth0~ | link-lost',
      '4005.9 | | wwan0 eth0~ | link-lost',
      '4006 | | eth0 wwan0 | better-port',
    ],
  },
  'the hold is bounded at 16 times': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0 | | eth0 wwan0 | first',
      ...Array.from({ length: 12 }, (_, n) => [
        `${10 + 2 * n} | eth0:no-carrier | wwan0 | link-lost`,
        `${11 + 2 * n} | eth0:up | wwan0 eth0~ | link-lost`,
      ]).flat(),
      `${33 + 479} | | wwan0 eth0~ | link-lost`,
      `${33 + 480} | | eth0 wwan0 | better-port`,
    ],
  },
  'a blip costs seconds, and each further one twice as many': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0    | | eth0 wwan0 | first',
      '10   | eth0:no-carrier | wwan0 | link-lost',
      '10.05 | eth0:up | wwan0 eth0~ | link-lost',
      '15   | | wwan0 eth0~ | link-lost',
      '15.05 | | eth0 wwan0 | better-port',
      '20   | eth0:no-address | wwan0 | address-lost',
      '20.05 | eth0:up | wwan0 eth0~ | address-lost',
      '30   | | wwan0 eth0~ | address-lost',
      '30.05 | | eth0 wwan0 | better-port',
      '40   | eth0:no-carrier | wwan0 | link-lost',
      '40.05 | eth0:up | wwan0 eth0~ | link-lost',
      '60   | | wwan0 eth0~ | link-lost',
      '60.05 | | eth0 wwan0 | better-port',
    ],
  },
  'an answer of the target is proof enough to go back within a second or so': {
    ports: 'eth0=0 wwan0=10',
    target: true,
    steps: [
      '0     | eth0:answers wwan0:answers | eth0 wwan0 | first',
      '10    | eth0:no-carrier | wwan0 | link-lost',
      '10.05 | eth0:up | wwan0 eth0 | link-lost',
      '10.5  | eth0:answers | wwan0 eth0~ | link-lost',
      '11.85 | | wwan0 eth0~ | link-lost',
      '12    | | eth0 wwan0 | better-port',
    ],
  },
  'an address that is there again in the next reading was never lost': {
    ports: 'eth0=0 wwan0=10',
    target: true,
    steps: ['0  | eth0:answers wwan0:answers | eth0 wwan0 | first', '10 | eth0:up | eth0 wwan0 | first'],
  },
  'what was dead for a few seconds is gone back to sooner than what was dead for long': {
    ports: 'eth0=0 wwan0=10',
    target: true,
    steps: [
      '0    | eth0:answers wwan0:answers | eth0 wwan0 | first',
      '10   | eth0:silent wwan0:keepalive | wwan0 eth0 | test-failed',
      '14   | eth0:answers | wwan0 eth0 | test-failed',
      '14.5 | eth0:answers | wwan0 eth0~ | test-failed',
      '27.9 | | wwan0 eth0~ | test-failed',
      '28   | | eth0 wwan0 | better-port',
    ],
  },
  'failover_hold: a port that comes back in time is not left': {
    ports: 'eth0=0 wwan0=10 sat0=20',
    steps: [
      '0  | failover-hold=30 | eth0 wwan0 sat0 | first',
      '10 | eth0:no-carrier | eth0 wwan0~ sat0 ! | first',
      '20 | eth0:missing | eth0 wwan0~ sat0 ! | first',
      '39 | eth0:up | eth0 wwan0 sat0 | first',
      '80 | eth0:no-address | eth0 wwan0~ sat0 ! | first',
      '109.9 | | eth0 wwan0~ sat0 ! | first',
      '110 | | wwan0 sat0 | address-lost',
    ],
  },
  'failover_hold: counts from the failure, whatever the costlier port does meanwhile': {
    ports: 'eth0=0 wwan0=10 sat0=20',
    steps: [
      '0  | failover-hold=30 wwan0:no-carrier | eth0 sat0 | first',
      '10 | eth0:no-carrier sat0:no-carrier | eth0 ! | first',
      '20 | sat0:up | eth0 sat0~ ! | first',
      '30 | wwan0:up | eth0 wwan0~ sat0 ! | first',
      '40 | | wwan0 sat0 | link-lost',
      '50 | wwan0:no-carrier | wwan0 sat0~ ! | link-lost',
      '60 | eth0:up | eth0 sat0 | link-lost',
    ],
  },
  'failover_hold: with nothing to move to, the port is given up when the time is over': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0  | failover-hold=30 | eth0 wwan0 | first',
      '10 | eth0:no-carrier wwan0:no-carrier | eth0 ! | first',
      '40 | | none: none-usable | link-lost',
      '41 | wwan0:up | wwan0 | port-available',
    ],
  },
  'failover_hold: an equal port, and a better one, are taken at once': {
    ports: 'eth0=10 eth1=10 wwan0=20',
    steps: [
      '0  | failover-hold=30 | eth0 eth1 wwan0 | first',
      '10 | eth0:no-carrier | eth1 wwan0 | link-lost',
      '20 | eth0=0 | eth1 wwan0 | link-lost',
      '21 | eth0:up | eth1 eth0~ wwan0 | link-lost',
      '22 | eth1:no-carrier | eth0 wwan0 | link-lost',
    ],
  },
  'failover_hold: what policy forbids is left at once': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0  | failover-hold=30 | eth0 wwan0 | first',
      '10 | allow=10 | wwan0 | policy',
      '11 | allow=all | eth0 wwan0 | policy',
      '20 | eth0:no-carrier | eth0 wwan0~ ! | policy',
      '25 | allow=10 | wwan0 | policy',
    ],
  },
  'failover_hold: a policy that puts the costlier one first counts at once': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0  | failover-hold=30 | eth0 wwan0 | first',
      '10 | eth0:no-carrier | eth0 wwan0~ ! | first',
      '15 | eth0=10 wwan0=0 | wwan0 | link-lost',
    ],
  },
  'failover_hold: a far end that is dead waits as well': {
    ports: 'eth0=0 wwan0=10',
    target: true,
    steps: [
      '0  | failover-hold=30 eth0:answers wwan0:answers | eth0 wwan0 | first',
      '10 | eth0:silent wwan0:answers | eth0 wwan0~ ! | first',
      '20 | eth0:answers | eth0 wwan0~ ! | first',
      '21 | eth0:answers | eth0 wwan0 | first',
      '30 | eth0:silent wwan0:answers | eth0 wwan0~ ! | first',
      '60 | | wwan0 eth0 | test-failed',
    ],
  },
  'loss alone is no reason to leave where nobody minds': {
    ports: 'eth0=0 wwan0=10',
    target: true,
    steps: [
      '0 | eth0:answers wwan0:answers | eth0 wwan0 | first',
      '10000 | eth0:lossy wwan0:clean | eth0 wwan0 | first',
    ],
  },
  'a port that loses too much is left for one that is known to lose less, and gone back to when it is well': {
    ports: 'eth0=0 wwan0=10',
    target: true,
    steps: [
      '0 | thresholds eth0:answers wwan0:answers | eth0 wwan0 | first',
      '10000 | wwan0:clean | eth0 wwan0 | first',
      '20000 | eth0:lossy | wwan0 eth0 | degraded',
      '30000 | eth0:clean | wwan0 eth0~ | degraded',
      '30030 | | eth0 wwan0 | better-port',
    ],
  },
  'a slow one likewise': {
    ports: 'eth0=0 wwan0=10',
    target: true,
    steps: [
      '0 | thresholds eth0:answers wwan0:answers | eth0 wwan0 | first',
      '20000 | eth0:slow wwan0:clean | wwan0 eth0 | degraded',
    ],
  },
  'nobody leaves a poor port for one of which too little is known, or that is poor as well': {
    ports: 'eth0=0 wwan0=10 sat0=20',
    target: true,
    steps: [
      '0 | thresholds eth0:answers wwan0:answers sat0:answers | eth0 wwan0 sat0 | first',
      '20000 | eth0:lossy wwan0:slow | eth0 sat0 wwan0 | first',
      '30000 | eth0:lossy sat0:clean | sat0 eth0 wwan0 | degraded',
      '40000 | sat0:lossy | sat0 eth0 wwan0 | degraded',
    ],
  },
  'a poor port is better than one that does not work': {
    ports: 'eth0=0 wwan0=10',
    target: true,
    steps: [
      '0 | thresholds eth0:answers wwan0:answers | eth0 wwan0 | first',
      '10000 | wwan0:lossy | eth0 wwan0 | first',
      '20000 | eth0:silent wwan0:keepalive | wwan0 eth0 | test-failed',
    ],
  },
  'the port in use dies during the hold: the held one is taken': {
    ports: 'eth0=0 wwan0=10 sat0=20',
    steps: [
      '0  | | eth0 wwan0 sat0 | first',
      '10 | eth0:no-carrier | wwan0 sat0 | link-lost',
      '20 | eth0:up | wwan0 eth0~ sat0 | link-lost',
      '21 | wwan0:no-carrier | eth0 sat0 | link-lost',
    ],
  },
  'steps up to a better port while the best is on hold': {
    ports: 'eth0=0 wwan0=10 sat0=20',
    steps: [
      '0   | | eth0 wwan0 sat0 | first',
      '10  | eth0:no-carrier wwan0:no-carrier | sat0 | link-lost',
      '100 | wwan0:up | sat0 wwan0~ | link-lost',
      '120 | eth0:up | sat0 eth0~ wwan0~ | link-lost',
      '130 | | wwan0 eth0~ sat0 | better-port',
      '150 | | eth0 wwan0 sat0 | better-port',
    ],
  },
  'a priority change counts at once': {
    ports: 'eth0=0 wwan0=10',
    steps: ['0 | | eth0 wwan0 | first', '1 | eth0=20 | wwan0 eth0 | policy', '2 | eth0=0 | eth0 wwan0 | policy'],
  },
  'a permitted set counts at once, both ways': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0 | | eth0 wwan0 | first',
      '1 | allow=10 | wwan0 | policy',
      '2 | allow=all | eth0 wwan0 | policy',
      '3 | allow= | none: none-permitted | policy',
      '4 | allow=0 | eth0 | policy',
    ],
  },
  'policy frees a port that has just come back': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0  | allow=10 | wwan0 | first',
      '10 | eth0:no-carrier | wwan0 | first',
      '20 | eth0:up | wwan0 | first',
      '21 | allow=all | eth0 wwan0 | policy',
    ],
  },
  'a policy change that concerns others does not end the hold': {
    ports: 'eth0=0 wwan0=10 sat0=20',
    steps: [
      '0  | | eth0 wwan0 sat0 | first',
      '10 | eth0:no-carrier | wwan0 sat0 | link-lost',
      '20 | eth0:up | wwan0 eth0~ sat0 | link-lost',
      '21 | sat0=30 | wwan0 eth0~ sat0 | link-lost',
      '22 | allow=0,10 | wwan0 eth0~ | link-lost',
      '23 | wwan0=15 allow=all | wwan0 eth0~ sat0 | link-lost',
    ],
  },
  'a better port that is put into the configuration is taken at once': {
    ports: 'wwan0=10',
    steps: ['0 | | wwan0 | first', '5 | +eth0=0 | eth0 wwan0 | policy', '6 | -eth0 | wwan0 | policy'],
  },
  'a better port that policy puts first while it is down is held when it comes up': {
    ports: 'eth0=20 wwan0=10',
    steps: [
      '0  | | wwan0 eth0 | first',
      '10 | eth0:no-carrier | wwan0 | first',
      '20 | eth0=0 | wwan0 | first',
      '30 | eth0:up | wwan0 eth0~ | first',
      '60 | | eth0 wwan0 | better-port',
    ],
  },
  'a tested failure moves it, and recovery brings it back after the hold': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0  | eth0:working wwan0:working | eth0 wwan0 | first',
      '10 | eth0:failing | wwan0 eth0 | test-failed',
      '20 | eth0:working | wwan0 eth0~ | test-failed',
      '50 | | eth0 wwan0 | better-port',
    ],
  },
  'none works: stays where it is': {
    ports: 'eth0=0 wwan0=10 sat0=20',
    steps: [
      '0  | eth0:working wwan0:working sat0:untested | eth0 wwan0 sat0 | first',
      '10 | eth0:failing | wwan0 sat0 eth0 | test-failed',
      '20 | wwan0:failing | wwan0 sat0 eth0 ! | test-failed',
      '30 | sat0:working | sat0 eth0 wwan0 | test-failed',
    ],
  },
  'none works, and the one in use loses its link: untested before failing': {
    ports: 'eth0=0 wwan0=10 sat0=20',
    steps: [
      '0  | eth0:failing wwan0:working sat0:untested | wwan0 sat0 eth0 | first',
      '10 | wwan0:failing | wwan0 sat0 eth0 ! | first',
      '20 | wwan0:no-carrier | sat0 eth0 ! | link-lost',
    ],
  },
  'none works, and policy prefers another': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0 | eth0:failing wwan0:failing | eth0 wwan0 ! | first',
      '1 | eth0=20 | wwan0 eth0 ! | policy',
      '2 | wwan0=30 | eth0 wwan0 ! | policy',
    ],
  },
  'unknown is not down: an untested port is not left for a failing one': {
    ports: 'eth0=0 wwan0=10',
    steps: ['0 | eth0:untested wwan0:failing | eth0 wwan0 ! | first', '1 | eth0:failing | eth0 wwan0 ! | first'],
  },
  'working before untested, whatever the priority, and without a hold': {
    ports: 'eth0=0 wwan0=10',
    steps: ['0 | eth0:untested wwan0:untested | eth0 wwan0 ! | first', '1 | wwan0:working | wwan0 eth0 | better-port'],
  },
  'test results from before the link was lost are void': {
    ports: 'eth0=0',
    steps: [
      '0 | eth0:working | eth0 | first',
      '1 | eth0:no-carrier | none: none-usable | link-lost',
      '2 | eth0:up | eth0 ! | port-available',
      '3 | eth0:working | eth0 | port-available',
    ],
  },
  'an interface that was replaced between two readings counts as a loss': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0  | | eth0 wwan0 | first',
      '10 | eth0:new-interface | eth0 wwan0 | first',
      '20 | eth0:no-carrier | wwan0 | link-lost',
      '30 | eth0:up | wwan0 eth0~ | link-lost',
      '89 | | wwan0 eth0~ | link-lost',
      '90 | | eth0 wwan0 | better-port',
    ],
  },
  'a new address in place of the old one is no loss': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0  | | eth0 wwan0 | first',
      '10 | eth0:new-address | eth0 wwan0 | first',
      '20 | eth0:no-carrier | wwan0 | link-lost',
      '30 | eth0:up | wwan0 eth0~ | link-lost',
      '59 | | wwan0 eth0~ | link-lost',
      '60 | | eth0 wwan0 | better-port',
    ],
  },
  'without memory there is no hold': {
    ports: 'eth0=0 wwan0=10',
    steps: [
      '0  | | eth0 wwan0 | first',
      '10 | eth0:no-carrier | wwan0 | link-lost',
      '20 | eth0:up | wwan0 eth0~ | link-lost',
      '21 | restart | eth0 wwan0 | first',
    ],
  },
};

describe('decide', () => {
  it.each(Object.entries(scenarios))('%s', (_name, { ports, target = false, steps }) => {
    const scenario = new Scenario(ports, target ? controllerTarget : undefined);
    const seen = steps.map((step) => {
      const [seconds = '', changes = ''] = step.split('|').map((part) => part.trim());
      const selection = scenario.decideAt(Number(seconds), changes).selections.get(NETWORK_INSTANCE_ID);
      if (selection === undefined) throw new Error('no selection');
      const unverified = selection.outcome.kind === 'port' && !selection.outcome.verified ? ' !' : '';
      return `${seconds} | ${changes} | ${rankingOf(selection)}${unverified} | ${selection.cause}`;
    });
    expect(seen).toEqual(
      steps.map((step) =>
        step
          .split('|')
          .map((part) => part.trim())
          .join(' | '),
      ),
    );
  });

  it('names the moment at which the next hold ends', () => {
    const scenario = new Scenario('eth0=0 wwan0=10 sat0=20');
    expect(scenario.decideAt(0, '').nextDecisionAtMs).toBeUndefined();
    expect(scenario.decideAt(10, 'eth0:no-carrier wwan0:no-carrier').nextDecisionAtMs).toBeUndefined();
    scenario.decideAt(20, 'eth0:up');
    expect(scenario.decideAt(25, 'wwan0:up').nextDecisionAtMs).toBe(50_000);
    expect(scenario.decideAt(50, '').nextDecisionAtMs).toBeUndefined();
  });

  it('keeps the time and the cause of the last change', () => {
    const scenario = new Scenario('eth0=0 wwan0=10');
    scenario.decideAt(0, '');
    scenario.decideAt(10, 'eth0:no-carrier');
    const later = scenario.decideAt(15, 'eth0:missing').selections.get(NETWORK_INSTANCE_ID);
    expect(later).toMatchObject({ sinceMs: 10_000, cause: 'link-lost', causeDetail: 'eth0: no carrier' });
  });
});
