import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { IpWriter } from './ip-writer.js';
import { NetlinkWriter } from './netlink-writer.js';
import { run } from './run.js';
import { childrenWith, eventually, makeTestNamespace, type TestNamespace } from './testing.js';
import type { IpResult } from './write-pass.js';

/** The same kernel twice: what netlink does in the one, ip does in the other. */
let native: TestNamespace;
let byIp: TestNamespace;
let writers: readonly [NetlinkWriter, IpWriter];

const words = (text: string): string[] => text.split(' ');

beforeAll(async () => {
  [native, byIp] = [await makeTestNamespace(), await makeTestNamespace()];
  for (const namespace of [native, byIp]) {
    await namespace.addVeth('eth0', 'isp0');
    for (const line of ['link set eth0 up', 'link set isp0 up', 'addr add 192.0.2.2/24 dev eth0']) {
      await namespace.ip(line);
    }
  }
  writers = [new NetlinkWriter({ namespace: native.name }), new IpWriter({ namespace: byIp.name })];
});

afterAll(async () => {
  await Promise.all(writers.map((writer) => writer.close()));
  await Promise.all([native, byIp].map((namespace) => namespace.remove()));
});

async function both(commands: readonly string[]): Promise<readonly [readonly IpResult[], readonly IpResult[]]> {
  const split = commands.map(words);
  return [await writers[0].run(split), await writers[1].run(split)];
}

async function states(): Promise<readonly string[]> {
  return Promise.all(
    [native, byIp].map(async (namespace) => {
      const shown = [
        ['rule', 'show'],
        ['route', 'show', 'table', 'all'],
      ].map(async (listing) => {
        const { stdout } = await run('ip', ['-d', ...listing], { namespace: namespace.name });
        return stdout;
      });
      return (await Promise.all(shown)).join('');
    }),
  );
}

const own = 'protocol 229';

describe('NetlinkWriter does as ip does', () => {
  it.each<{ what: string; commands: readonly string[]; failing: number }>([
    {
      what: 'rules',
      commands: [
        `rule add pref 9000 lookup 499 ${own}`,
        `rule add pref 9100 fwmark 0x123/0xfffffff lookup 501 ${own}`,
        `rule add pref 9199 fwmark 0xf/0xfffffff unreachable ${own}`,
        `rule add pref 10000 from 10.77.0.0/24 lookup 501 ${own}`,
        `rule add pref 10000 from 10.77.0.0/24 lookup 502 ${own}`,
        `rule add pref 10009 from 10.77.0.0/24 unreachable ${own}`,
        `rule add pref 15000 oif eth0 lookup 501 ${own}`,
        `rule add pref 15000 oif missing lookup 70000 ${own}`,
        `rule add pref 15000 from 192.0.2.2 lookup 7 ${own}`,
      ],
      failing: 0,
    },
    {
      what: 'routes',
      commands: [
        'route replace 192.0.2.0/24 dev eth0 src 192.0.2.2 table 501 proto 229',
        'route replace default via 192.0.2.1 dev eth0 src 192.0.2.2 table 501 proto 229 onlink',
        'route replace default via 203.0.113.9 dev eth0 src 192.0.2.2 table 501 proto 229 onlink',
        'route replace 10.77.0.0/24 dev lo table 70000 proto 229',
        'route replace 10.78.0.9 dev lo table 200 proto 4',
      ],
      failing: 0,
    },
    {
      what: 'refusals',
      commands: [
        `rule add pref 10000 from 10.77.0.0/24 lookup 501 ${own}`,
        `rule del pref 10000 from 10.99.0.0/24 lookup 501 ${own}`,
        'route replace default via 192.0.2.1 dev missing table 501 proto 229',
        'route replace default via 203.0.113.9 dev eth0 table 502 proto 229',
        'route replace default via 192.0.2.1 dev eth0 src 192.0.2.77 table 502 proto 229',
        'route del default dev eth0 table 599 proto 229',
        'neigh replace 192.0.2.1 dev missing use',
      ],
      failing: 7,
    },
    {
      what: 'removals',
      commands: [
        'route del 10.78.0.9 dev lo table 200 proto 4',
        'route del default via 203.0.113.9 dev eth0 src 192.0.2.2 table 501 proto 229 onlink',
        `rule del pref 10000 from 10.77.0.0/24 lookup 501 ${own}`,
        `rule del pref 10009 from 10.77.0.0/24 unreachable ${own}`,
        `rule del pref 9100 fwmark 0x123/0xfffffff lookup 501 ${own}`,
        `rule del pref 15000 oif missing lookup 70000 ${own}`,
      ],
      failing: 0,
    },
    {
      what: 'hundreds in a run, whichever fail',
      commands: Array.from({ length: 400 }, (_, index) => `rule add pref ${20_000 + (index % 399)} lookup 501 ${own}`),
      failing: 1,
    },
  ])('$what', async ({ commands, failing }) => {
    const [ours, theirs] = await both(commands);
    expect(ours.map(({ ok }) => ok)).toEqual(theirs.map(({ ok }) => ok));
    expect(ours.filter(({ ok }) => !ok)).toHaveLength(failing);
    for (const [index, result] of ours.entries()) {
      const other = theirs[index];
      // ip leaves out what the kernel says beside its error number, or says it alone.
      if (!result.ok && other?.ok === false) expect(result.error).toContain(other.error.replace(/^Error: |\.$/g, ''));
    }
    const [state, wanted] = await states();
    expect(state).toBe(wanted);
  });
});

describe('NetlinkWriter', () => {
  const childText = (): string => `ip -n ${native.name} -force -batch -`;

  it('needs no process for what it knows, and has ip do the rest, in order', async () => {
    expect(await childrenWith(childText())).toEqual([]);
    const results = await Promise.all([
      writers[0].run([words('link add name br7 type bridge')]),
      writers[0].run([words('route replace 10.70.0.0/24 dev br7 table 499 proto 229')]),
      writers[0].run([words('link set br7 up'), words(`rule add pref 9000 lookup 499 ${own}`)]),
      writers[0].run([words('rule add pref 1 #comment')]),
    ]);
    expect(results.map((group) => group.map(({ ok }) => ok))).toEqual([[true], [false], [true, false], [false]]);
    expect(results[1][0]).toMatchObject({ error: expect.stringContaining('Network is down') });
    expect(await childrenWith(childText())).toHaveLength(1);
    expect(await writers[0].run([])).toEqual([]);
  });

  it('has the kernel look for a neighbour', async () => {
    expect(await writers[0].run([words('neigh replace 192.0.2.1 dev eth0 use')])).toEqual([{ ok: true }]);
    await eventually('there is an entry', async () => {
      const { stdout } = await run('ip', words('neigh show 192.0.2.1 dev eth0'), { namespace: native.name });
      return /INCOMPLETE|FAILED/.test(stdout);
    });
  });

  it('fails as a whole where the namespace does not exist, and after its end', async () => {
    const lost = new NetlinkWriter({ namespace: 'evi-missing' });
    await expect(lost.run([words(`rule add pref 1 lookup 501 ${own}`)])).rejects.toThrow(
      'Cannot open network namespace "evi-missing"',
    );
    await lost.close();
    await expect(lost.run([])).rejects.toThrow('closed');
  });
});
