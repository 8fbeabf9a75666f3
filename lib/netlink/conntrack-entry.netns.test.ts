import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { run } from '../iproute-exec/run.js';
import { makeTestNamespace, type TestNamespace } from '../iproute-exec/testing.js';
import { Rtnetlink } from './rtnetlink.js';
import {
  countFlowsByMark,
  deleteFlows,
  deleteFlowsByMark,
  deleteUntranslatedFlows,
  readTcpFlowsByMark,
  type TcpFlow,
} from './conntrack-entry.js';

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

it('deletes the flows that are picked, by how they began and by their mark, and no others', async () => {
  await track('10.0.0.0', 3, 0x0101);
  await track('fd00::', 1, 0x0101);
  const seen: unknown[] = [];
  const { name } = namespace;
  const deleted = await deleteFlows(
    (flow) => {
      seen.push(flow);
      return flow.original.sourcePort === 1_001;
    },
    { namespace: name },
  );
  expect(deleted).toBe(1);
  expect(seen).toHaveLength(3);
  expect(seen).toContainEqual({
    protocol: 17,
    original: { source: '10.0.0.1', sourcePort: 1_001, destination: '10.0.0.2', destinationPort: 0x0101 },
    reply: { source: '10.0.0.2', sourcePort: 0x0101, destination: '10.0.0.1', destinationPort: 1_001 },
    mark: 0x0101,
  });
  expect(await countFlowsByMark({ mark: 0x0101, mask: 0xffff, namespace: name })).toBe(3);
  await deleteFlowsByMark({ mark: 0, mask: 0, namespace: name });
});

it('counts and deletes the flows with the mark, of both families, and no others', async () => {
  const name = namespace.name;
  await track('10.0.0.0', 3, 0x0101);
  await track('10.0.0.0', 2, 0x0102);
  await track('fd00::', 2, 0x0201);
  expect(await countFlowsByMark({ mark: 0x01, mask: 0xff, namespace: name })).toBe(5);
  expect(await countFlowsByMark({ mark: 0x01, mask: 0xff, namespace: name, family: 'ipv4' })).toBe(3);
  expect(await countFlowsByMark({ mark: 0x01, mask: 0xff, namespace: name, family: 'ipv6' })).toBe(2);
  expect(await deleteFlowsByMark({ mark: 0x01, mask: 0xff, namespace: name })).toBe(5);
  expect(await deleteFlowsByMark({ mark: 0x01, mask: 0xff, namespace: name })).toBe(0);
  expect(await countFlowsByMark({ mark: 0, mask: 0, namespace: name })).toBe(2);
  await expect(deleteFlowsByMark({ mark: 1, mask: 1, namespace: 'evi-missing' })).rejects.toThrow(/Cannot open/);
});

it('tells which TCP sessions over IPv4 it deletes, in both directions', async () => {
  const name = namespace.name;
  await track('10.0.0.0', 2, 0x0701);
  await track('fd00::', 1, 0x0701);
  const nat = '-I -p tcp -s 10.77.0.2 -d 198.51.100.1 --sport 5000 --dport 80 -r 198.51.100.1 -q 192.0.2.10';
  const ports = '--reply-port-src 80 --reply-port-dst 61000 --state ESTABLISHED -t 300 -m 0x701 --orig-zone 7';
  await run('conntrack', `${nat} ${ports}`.split(' '), { namespace: name });
  const marked = { mark: 0x0701, mask: 0xffff, namespace: name };
  const read = await readTcpFlowsByMark(marked);
  const flows: TcpFlow[] = [];
  expect(
    await deleteFlowsByMark({ ...marked, family: 'ipv4' }, (flow) => {
      flows.push(flow);
      // There is one buffer for all answers of the kernel.
      new Rtnetlink(name).links();
    }),
  ).toBe(3);
  expect(flows).toEqual(read);
  expect(flows).toEqual([
    {
      original: { source: '10.77.0.2', sourcePort: 5000, destination: '198.51.100.1', destinationPort: 80 },
      reply: { source: '198.51.100.1', sourcePort: 80, destination: '192.0.2.10', destinationPort: 61000 },
      state: 'established',
      mark: 0x0701,
    },
  ]);
  expect(await countFlowsByMark(marked)).toBe(1);
});

it('deletes flows of a zone, whose like there is in another, by themselves', async () => {
  const name = namespace.name;
  const flow = '-I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 -t 300';
  for (const rest of ['-m 0x301', '-m 0x302 --zone 5']) {
    await run('conntrack', `${flow} ${rest}`.split(' '), { namespace: name });
  }
  const withMark = (mark: number) => ({ mark, mask: 0xffff, namespace: name });
  const [plain, zoned] = [withMark(0x0301), withMark(0x0302)];
  expect(await deleteFlowsByMark(zoned)).toBe(1);
  expect([await countFlowsByMark(zoned), await countFlowsByMark(plain)]).toEqual([0, 1]);
  expect(await deleteFlowsByMark(plain)).toBe(1);
});

it('deletes thousands of flows at once, and leaves thousands of others', async () => {
  const name = namespace.name;
  const add = (index: number, mark: number): string =>
    `-A -p tcp --state ESTABLISHED -s 10.3.0.1 -d 10.3.${mark}.2 --sport ${10_000 + index} --dport 7 -t 300 -m ${mark}\n`;
  const indexes = Array.from({ length: 2_500 }, (_, index) => index);
  const folder = await mkdtemp(join(tmpdir(), 'conntrack-'));
  await writeFile(join(folder, 'flows'), indexes.map((index) => add(index, 8) + add(index, 9)).join(''));
  await run('conntrack', ['-R', join(folder, 'flows')], { namespace: name });
  await rm(folder, { recursive: true });
  expect(await readTcpFlowsByMark({ mark: 9, mask: 0xffff, namespace: name })).toHaveLength(2_000);
  let told = 0;
  expect(await deleteFlowsByMark({ mark: 8, mask: 0xffff, namespace: name }, () => (told += 1))).toBe(2_500);
  expect(told).toBe(2_000);
  expect(await countFlowsByMark({ mark: 8, mask: 0xffff, namespace: name })).toBe(0);
  expect(await countFlowsByMark({ mark: 9, mask: 0xffff, namespace: name })).toBe(2_500);
});

it('deletes unanswered flows of UDP to a destination, and nothing that is answered or translated', async () => {
  const { name } = namespace;
  const flow = (destinationPort: number, more: readonly string[] = []): readonly string[] =>
    ['-I', '-p', 'udp', '-s', '10.9.0.1', '-d', '10.9.0.2', '--sport', '5000', '-t', '300'].concat([
      ...['--dport', String(destinationPort)],
      ...more,
    ]);
  const flows = [flow(8_081), flow(8_082), flow(8_083, ['-u', 'SEEN_REPLY']), flow(8_084, ['--dst-nat', '10.9.0.3'])];
  for (const words of flows) await run('conntrack', words, { namespace: name });
  const isMeant = ({ destination, destinationPort }: { destination: string; destinationPort: number }): boolean =>
    destination === '10.9.0.2' && destinationPort !== 8_082;
  expect(await deleteUntranslatedFlows(isMeant, name)).toBe(1);
  const { stdout } = await run('conntrack', ['-L', '-p', 'udp', '-s', '10.9.0.1'], { namespace: name });
  const left = Array.from(stdout.matchAll(/src=10\.9\.0\.1 \S+ \S+ dport=(\d+)/g), ([, port]) => port);
  expect(left.sort()).toEqual(['8082', '8083', '8084']);
});
