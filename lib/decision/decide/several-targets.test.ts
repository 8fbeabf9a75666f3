import { describe, expect, it } from '@jest/globals';

import { NETWORK_INSTANCE_ID, rankingOf, Scenario, targetOf } from './testing/scenario.js';

const targets = ['https://a.example/', 'icmp://192.0.2.1', 'tcp://192.0.2.2:443'].map(targetOf);

const BEGIN = 'eth0:answers.1 eth0:answers.2 eth0:answers.3 wwan0:answers.1 wwan0:answers.2 wwan0:answers.3';

/** As in decide.test.ts: seconds | what happens | the ranking wanted, `!` where it is not verified. */
const scenarios: Readonly<Record<string, { readonly needed: number; readonly steps: readonly string[] }>> = {
  'any: one that answers is enough': {
    needed: 1,
    steps: [
      `0 | ${BEGIN} | eth0 wwan0`,
      '90 | eth0:silent.1 | eth0 wwan0',
      // What is left is an accepted connection, which anyone on the way may give.
      '91 | eth0:silent.2 | eth0 wwan0 !',
      '92 | eth0:silent.3 | eth0 wwan0 !',
      '93 | wwan0:answers.2 | wwan0 eth0',
    ],
  },
  'two of three': {
    needed: 2,
    steps: [
      `0 | ${BEGIN} | eth0 wwan0`,
      '90 | eth0:silent.1 | eth0 wwan0',
      '91 | eth0:silent.2 | eth0 wwan0 !',
      // One that answers there does not confirm it.
      '92 | wwan0:answers.1 | eth0 wwan0 !',
      '93 | wwan0:answers.2 | wwan0 eth0',
    ],
  },
  'all: the first that fails is missed': {
    needed: 3,
    steps: [
      `0 | ${BEGIN} | eth0 wwan0`,
      '90 | eth0:silent.1 | eth0 wwan0 !',
      '91 | wwan0:answers.1 wwan0:answers.2 wwan0:answers.3 | wwan0 eth0',
    ],
  },
  'a target that is out of order moves nobody, and hides no failure': {
    needed: 3,
    steps: [
      `0 | ${BEGIN} | eth0 wwan0`,
      '90 | eth0:silent.1 | eth0 wwan0 !',
      // Nor does it answer elsewhere: it is the target.
      '91 | wwan0:silent.1 | eth0 wwan0',
      '120 | eth0:silent.2 | eth0 wwan0 !',
      '121 | wwan0:answers.2 wwan0:answers.3 | wwan0 eth0',
    ],
  },
  'all of them out of order: nobody moves, and nothing is claimed': {
    needed: 1,
    steps: [
      `0 | ${BEGIN} | eth0 wwan0`,
      '90 | eth0:silent.1 eth0:silent.2 eth0:silent.3 | eth0 wwan0 !',
      '91 | wwan0:silent.1 wwan0:silent.2 wwan0:silent.3 | eth0 wwan0 !',
    ],
  },
  'none is known until enough are': {
    needed: 2,
    steps: ['0 | eth0:answers.1 | eth0 wwan0 !', '0.1 | eth0:answers.3 wwan0:answers.1 wwan0:answers.2 | eth0 wwan0'],
  },
};

describe('decide, with several targets of a network instance', () => {
  it.each(Object.entries(scenarios))('%s', (_name, { needed, steps }) => {
    const scenario = new Scenario('eth0=0 wwan0=10', undefined, { targets, needed });
    for (const step of steps) {
      const [seconds = '', changes = '', wanted = ''] = step.split('|').map((part) => part.trim());
      const selection = scenario.decideAt(Number(seconds), changes).selections.get(NETWORK_INSTANCE_ID);
      if (selection === undefined) throw new Error('no selection');
      const verified = selection.outcome.kind === 'port' && selection.outcome.verified ? '' : ' !';
      expect(`${seconds}: ${rankingOf(selection)}${verified}`).toBe(`${seconds}: ${wanted}`);
    }
  });

  it('names them, and whom it misses', () => {
    const scenario = new Scenario('eth0=0 wwan0=10', undefined, { targets, needed: 2 });
    scenario.decideAt(0, BEGIN);
    const { candidates } = scenario.decideAt(90, 'eth0:silent.2').selections.get(NETWORK_INSTANCE_ID) ?? {
      candidates: [],
    };
    expect(candidates[0]).toMatchObject({
      label: 'eth0',
      testState: 'working',
      targetKey: '2 of https://a.example/, icmp://192.0.2.1, tcp://192.0.2.2:443',
      failingTargets: ['icmp://192.0.2.1'],
    });
  });
});
