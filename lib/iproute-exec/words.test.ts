import { describe, expect, it } from '@jest/globals';
import { problemOfNamespace } from './words.js';

describe('problemOfNamespace', () => {
  it.each(['device', 'eve-uplink-isp_eth0.1', 'evi-1'])('takes %s', (name) => {
    expect(problemOfNamespace(name)).toBeUndefined();
  });

  it.each(['', '-all', '.', '..', '../x', 'a/b', 'a b', 'a\nb', 'x'.repeat(200)])('refuses %j', (name) => {
    expect(problemOfNamespace(name)).toMatch(/is no name/);
  });
});
