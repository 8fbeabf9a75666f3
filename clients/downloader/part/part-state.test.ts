import { describe, expect, it } from '@jest/globals';

import { stateFromText, stateToText, type PartState } from './part-state.js';

const state: PartState = {
  url: 'http://x/y',
  sha256: 'ab',
  validator: { kind: 'etag', value: '"1"' },
  sizeBytes: 10,
  offset: 5,
  bootId: 'b',
};

describe('the state beside a part', () => {
  it('is read as it was written', () => {
    expect(stateFromText(stateToText(state))).toEqual(state);
    const bare = { ...state, sha256: undefined, validator: undefined, sizeBytes: undefined };
    expect(stateFromText(stateToText(bare))).toEqual(bare);
  });

  it.each([
    ['nothing', ''],
    ['half of it', stateToText(state).slice(0, 40)],
    ['another format', stateToText(state).replace('"format": 1', '"format": 2')],
    ['an offset that is none', stateToText(state).replace('"offset": 5', '"offset": -5')],
    ['no URL', stateToText(state).replace('"url"', '"uri"')],
    ['a list', '[]'],
    ['null', 'null'],
  ])('is none where it is %s', (_what, text) => {
    expect(stateFromText(text)).toBeUndefined();
  });
});
