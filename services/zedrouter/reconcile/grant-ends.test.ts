import { beforeEach, describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../../../lib/clock/index.js';
import type { Selection } from '../desired/inputs.js';
import { MODEL, NI_DEFAULT, PORTS, selection } from '../testing/ship.js';
import type { CompleteInputs } from '../upstream/inputs.js';
import { GrantEnds } from './grant-ends.js';

let clock: VirtualClock;
let ends: number[];
let grantEnds: GrantEnds;

beforeEach(() => {
  clock = new VirtualClock();
  ends = [];
  grantEnds = new GrantEnds(clock, () => ends.push(clock.boottimeMs()));
});

const granted = (label: string, untilMs: number): CompleteInputs =>
  withSelection({ ...selection(['eth0', label], ['eth0', label]), grantedUntilMs: new Map([[label, untilMs]]) });
const withSelection = (only: Selection): CompleteInputs => ({
  config: { version: 1n, model: MODEL },
  ports: { epoch: 'e', revision: 1n, facts: PORTS },
  selections: { epoch: 'e', revision: 1n, portsRevision: 1n, selections: new Map([[NI_DEFAULT, only]]) },
});
const armedIn = (inputs: CompleteInputs): readonly string[] | undefined =>
  inputs.selections.selections.get(NI_DEFAULT)?.armed;

describe('GrantEnds', () => {
  it('leaves out what was granted until now, and calls when the next grant ends', async () => {
    const inputs = granted('sat0', clock.boottimeMs() + 300);
    expect(armedIn(grantEnds.liveInputs(inputs))).toEqual(['eth0', 'sat0']);
    const endMs = clock.boottimeMs() + 300;
    await clock.advanceAsync(299);
    expect(ends).toEqual([]);
    await clock.advanceAsync(1);
    expect(ends).toEqual([endMs]);
    expect(armedIn(grantEnds.liveInputs(inputs))).toEqual(['eth0']);
    await clock.advanceAsync(10_000);
    expect(ends).toEqual([endMs]);
  });

  it('calls after a second at the latest, to be asked again', async () => {
    const startMs = clock.boottimeMs();
    grantEnds.liveInputs(granted('sat0', startMs + 60_000));
    await clock.advanceAsync(5_000);
    expect(ends).toEqual([startMs + 1_000]);
  });

  it.each<{ when: string; happen: (inputs: CompleteInputs) => void }>([
    {
      when: 'another selection rests on none',
      happen: () => {
        grantEnds.liveInputs(withSelection(selection(['eth0'], ['eth0'])));
      },
    },
    {
      when: 'it was closed',
      happen: () => {
        grantEnds.close();
      },
    },
    {
      when: 'it was closed, and is asked once more',
      happen: (inputs) => {
        grantEnds.close();
        grantEnds.liveInputs(inputs);
      },
    },
  ])('calls no more when $when', async ({ happen }) => {
    const inputs = granted('sat0', clock.boottimeMs() + 300);
    grantEnds.liveInputs(inputs);
    happen(inputs);
    await clock.advanceAsync(60_000);
    expect(ends).toEqual([]);
  });
});
