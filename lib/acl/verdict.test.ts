import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { AccessEntry } from '../configuration/index.js';
import { app, local, modelOf, ship } from '../configuration/testing/ship-json.js';
import { verdict, type AccessFlow, type Surroundings, type Verdict } from './index.js';
import { EVE_EXAMPLES, MORE_CASES, NAMES, PLACES, type AccessCase } from './testing/cases.js';
import { oracleVerdict } from './testing/oracle.js';
import { aclsArbitrary, flowArbitrary } from './testing/arbitraries.js';

const surroundings: Surroundings = {
  isMember: (address) => address === PLACES.app || address === PLACES.neighbour || address === PLACES.staticHost,
  isNamed: (name, address) =>
    Object.entries(NAMES).some(([each, at]) => at === address && (each === name || each.endsWith(`.${name}`))),
};

function listOf(acls: readonly Record<string, unknown>[]): readonly AccessEntry[] {
  const json = ship({ networkInstances: [local(1)], apps: [app(1, 1, { acls })] });
  return modelOf(json).apps[0]?.interfaces[0]?.accessList ?? [];
}

function textOf(given: Verdict): string {
  return given.kind === 'refused' ? 'refused' : `${given.kind} ${given.entry.id}`;
}

const described = (each: AccessCase, index: number) => ({ ...each, number: index + 1 });

describe('verdict', () => {
  it.each([...EVE_EXAMPLES, ...MORE_CASES].map(described))(
    '$number: $what: $flow.direction $flow.protocol $flow.remoteAddress $flow.remotePort is $verdict',
    ({ acls, flow, verdict: expected }) => {
      expect(textOf(verdict(listOf(acls), flow, surroundings))).toBe(expected);
    },
  );

  it('agrees with an oracle that reads the ACEs themselves', () => {
    fc.assert(
      fc.property(aclsArbitrary, flowArbitrary, (acls, flow: AccessFlow) => {
        expect(textOf(verdict(listOf(acls), flow, surroundings))).toBe(oracleVerdict(acls, flow));
      }),
      { seed: 20_261_130, numRuns: 2_000 },
    );
  });
});
