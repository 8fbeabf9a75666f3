import { describe, expect, it } from '@jest/globals';

import { logEvents } from './index.js';

describe('the log events', () => {
  it.each(Object.entries(logEvents))(
    '%s has a name to grep for and a sentence that says what it means',
    (name, meaning) => {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/);
      expect(meaning).toMatch(/^\S.*\.$/);
    },
  );
});
