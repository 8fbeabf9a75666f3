import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { countFlowsByMark, deleteFlowsByMark } from './conntrack.js';
import { run } from './run.js';
import { makeTestNamespace, type TestNamespace } from './testing.js';

let namespace: TestNamespace;

beforeAll(async () => {
  namespace = await makeTestNamespace();
});

afterAll(async () => {
  await namespace.remove();
});

async function track(network: string, count: number, mark: number): Promise<void> {
  const addresses = network.includes(':') ? ['fd00::1', 'fd00::2'] : ['10.0.0.1', '10.0.0.2'];
  for (let index = 0; index < count; index++) {
    const ports = ['--sport', String(1_000 + index), '--dport', String(mark)];
    const flow = [
      '-I',
      '-p',
      'udp',
      '-s',
      addresses[0] ?? '',
      '-d',
      addresses[1] ?? '',
      ...ports,
      '-t',
      '300',
      '-m',
      String(mark),
    ];
    await run('conntrack', flow, { namespace: namespace.name });
  }
}

it('counts and deletes the flows with the mark, of both families, and no others', async () => {
  const name = namespace.name;
  await track('10.0.0.0', 3, 0x0101);
  await track('10.0.0.0', 2, 0x0102);
  await track('fd00::', 2, 0x0201);
  expect(await countFlowsByMark({ mark: 0x01, mask: 0xff, namespace: name })).toBe(5);
  expect(await countFlowsByMark({ mark: 0x01, mask: 0xff, namespace: name, families: ['ipv4'] })).toBe(3);
  expect(await deleteFlowsByMark({ mark: 0x01, mask: 0xff, namespace: name })).toBe(5);
  expect(await deleteFlowsByMark({ mark: 0x01, mask: 0xff, namespace: name })).toBe(0);
  expect(await countFlowsByMark({ mark: 0, mask: 0, namespace: name })).toBe(2);
  await expect(deleteFlowsByMark({ mark: 1, mask: 1, namespace: 'evi-missing' })).rejects.toThrow(/Cannot open/);
});
