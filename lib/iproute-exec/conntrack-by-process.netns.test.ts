import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';

import { run } from './run.js';
import { makeTestNamespace, type TestNamespace } from './testing.js';

jest.unstable_mockModule('./netlink/system-calls.js', () => ({
  whyNoSystemCalls: () => 'this machine has no koffi',
  systemCalls: () => {
    throw new Error('this machine has no koffi');
  },
  succeeded: (answer: number) => answer,
}));
const { countFlowsByMark, deleteFlowsByMark } = await import('./conntrack.js');

let namespace: TestNamespace;

beforeAll(async () => {
  namespace = await makeTestNamespace();
});

afterAll(async () => {
  await namespace.remove();
});

it('counts and deletes flows where the kernel cannot be called from here', async () => {
  const flow = '-I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 -t 300 -m 7'.split(' ');
  await run('conntrack', flow, { namespace: namespace.name });
  const marked = { mark: 7, mask: 7, namespace: namespace.name };
  expect(await countFlowsByMark(marked)).toBe(1);
  expect(await deleteFlowsByMark(marked)).toBe(1);
  expect(await deleteFlowsByMark(marked)).toBe(0);
});
