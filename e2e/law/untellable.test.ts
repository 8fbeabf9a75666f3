import { expect, it } from '@jest/globals';

import { promisesAWayOut } from './untellable.js';

it.each([
  ['verified', 'eth0', 'portal', true],
  ['reached', 'eth0', 'portal', false],
  ['reached', 'eth0', 'tcp-accelerated', false],
  ['reached', 'eth0', 'tcp-reset', true],
  ['reached', 'wwan0', 'portal', true],
] as const)('%s %s with %s on eth0 promises a way out: %s', (kind, port, fault, expected) => {
  expect(promisesAWayOut(kind, port, [{ kind: fault, port: 'eth0' }])).toBe(expected);
});
