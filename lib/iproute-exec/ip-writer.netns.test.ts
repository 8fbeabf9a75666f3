import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CommandError } from './command-error.js';
import { parseAddresses, parseRules } from './ip-json/index.js';
import { IpReader } from './ip-reader.js';
import { IpWriter } from './ip-writer.js';
import { childrenWith, childWith, eventually, makeTestNamespace, type TestNamespace } from './testing.js';
import type { IpResult } from './write-pass.js';

let namespace: TestNamespace;
let reader: IpReader;
let writer: IpWriter;

const words = (text: string): string[] => text.split(' ');
const done: IpResult = { ok: true };
const run = (commands: readonly string[]): Promise<readonly IpResult[]> => writer.run(commands.map(words));
const childText = (): string => `ip -n ${namespace.name} -force -batch -`;

async function ourPriorities(): Promise<readonly number[]> {
  const [rules] = await reader.query([words('rule show')]);
  return parseRules(rules).flatMap(({ priority }) => (priority > 0 && priority < 32_766 ? [priority] : []));
}

beforeAll(async () => {
  namespace = await makeTestNamespace();
  reader = new IpReader({ namespace: namespace.name });
});

afterAll(async () => {
  await reader.close();
  await namespace.remove();
});

beforeEach(() => {
  writer = new IpWriter({ namespace: namespace.name });
});

afterEach(async () => {
  await run((await ourPriorities()).map((priority) => `rule del pref ${priority}`));
  await writer.close();
});

describe('IpWriter', () => {
  it('answers each command in its order, and goes on after failures', async () => {
    const results = await run([
      'rule add pref 100 from 10.1.0.0/24 lookup 501',
      'rule add pref 100 from 10.1.0.0/24 lookup 501',
      'link set dev missing up',
      'rule add pref 101 #comment',
      'rule add pref 102 from 10.1.0.0/24 unreachable',
    ]);
    expect(results).toEqual([
      done,
      { ok: false, command: 'rule add pref 100 from 10.1.0.0/24 lookup 501', error: 'RTNETLINK answers: File exists' },
      { ok: false, command: 'link set dev missing up', error: 'Cannot find device "missing"' },
      { ok: false, command: 'rule add pref 101 #comment', error: expect.stringContaining('argument 4') },
      done,
    ]);
    expect(await ourPriorities()).toEqual([100, 102]);
  });

  it('answers nothing to nothing', async () => {
    expect(await run([])).toEqual([]);
  });

  it('blames the one command that ends ip by its syntax, and does the others once', async () => {
    const results = await run([
      'rule add pref 110 lookup 501',
      'rule add pref 111 lookup 501',
      'rule add pref wrong lookup 501',
      'rule add pref 112 lookup 501',
    ]);
    expect(results.map((result) => result.ok)).toEqual([true, true, false, true]);
    expect(results[2]).toMatchObject({ error: expect.stringContaining('"wrong"') });
    expect(await ourPriorities()).toEqual([110, 111, 112]);
  });

  it('never says ok of a command that it is not sure of, and is sure the next time', async () => {
    const commands = ['rule add pref 120 lookup 501', 'rule add pref 121 from', 'rule add pref 122 lookup 501'];
    const first = await run(commands);
    expect(first.map((result) => result.ok)).toEqual([false, false, false]);
    expect(first[0]).toMatchObject({ error: expect.stringContaining('not known') });
    const second = await run(commands);
    expect(second.map((result) => result.ok)).toEqual([false, false, true]);
    expect(second[0]).toMatchObject({ error: 'RTNETLINK answers: File exists' });
    expect(second[1]).toMatchObject({ error: expect.stringContaining('not complete') });
    expect(await ourPriorities()).toEqual([120, 122]);
  });

  it('does thousands, through several children, one at a time', async () => {
    const priorities = Array.from({ length: 2_500 }, (_, index) => 1_000 + index);
    const results = await run(priorities.map((priority) => `rule add pref ${priority} from 10.2.0.0/16 lookup 501`));
    expect(results).toHaveLength(priorities.length);
    expect(results.filter((result) => !result.ok)).toEqual([]);
    expect(await ourPriorities()).toEqual(priorities);
    expect((await childrenWith(childText())).length).toBeLessThanOrEqual(2);
  });

  it('gives concurrent callers their own answers', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        run([`rule add pref ${200 + index} lookup 501`, `link set missing-${index} up`]),
      ),
    );
    for (const [index, [added, failed]] of answers.entries()) {
      expect(added).toEqual(done);
      expect(failed).toMatchObject({ error: expect.stringContaining(`"missing-${index}"`) });
    }
  });

  it('finds a link that others made anew, once told', async () => {
    await namespace.addVeth('v0', 'v1');
    expect(await run(['address add 10.3.0.1/24 dev v0', 'route add 10.30.0.0/24 dev lo'])).toEqual([done, done]);
    await namespace.ip('link del v0');
    await namespace.addVeth('v0', 'v1');
    writer.forgetInterfaces();
    expect(await run(['address add 10.3.0.2/24 dev v0', 'route del 10.30.0.0/24 dev lo'])).toEqual([done, done]);
    reader.forgetInterfaces();
    const [links] = await reader.query([words('address show dev v0')]);
    expect(parseAddresses(links)[0]?.addresses.map((address) => address.local)).toContain('10.3.0.2');
    expect(await run(['link del v0'])).toEqual([done]);
  });

  it('goes on after its child was killed', async () => {
    await run(['rule add pref 300 lookup 501']);
    process.kill(await childWith(childText()), 'SIGKILL');
    await eventually('it is gone', async () => (await childrenWith(childText())).length === 0);
    const first = await run(['rule add pref 301 lookup 501']);
    if (!first[0]?.ok) await run(['rule add pref 301 lookup 501']);
    expect(await ourPriorities()).toEqual([300, 301]);
  });

  it('gives up a child that hangs, and goes on with another', async () => {
    const impatient = new IpWriter({ namespace: namespace.name, timeoutMs: 200 });
    await impatient.run([words('rule add pref 310 lookup 501')]);
    const pids = await childrenWith(childText());
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const [hung, waiting] = await Promise.all([
      impatient.run([words('rule add pref 311 lookup 501')]),
      impatient.run([words('rule add pref 312 lookup 501')]),
    ]);
    for (const pid of pids) if ((await childrenWith(childText())).includes(pid)) process.kill(pid, 'SIGCONT');
    expect(hung).toMatchObject([{ ok: false, error: 'no answer within 200 ms' }]);
    expect(waiting).toEqual([done]);
    await impatient.close();
  });

  it('fails as a whole where the namespace does not exist', async () => {
    const lost = new IpWriter({ namespace: 'evi-missing' });
    const error: unknown = await lost.run([words('link set lo up')]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CommandError);
    expect(String(error)).toContain('Cannot open network namespace "evi-missing"');
    await lost.close();
  });

  it('does what was asked before close, refuses what comes after, and leaves no process', async () => {
    const other = new IpWriter({ namespace: namespace.name });
    const asked = other.run([words('rule add pref 320 lookup 501')]);
    await writer.close();
    await other.close();
    expect(await asked).toEqual([done]);
    await expect(other.run([words('rule add pref 321 lookup 501')])).rejects.toThrow(/closed/);
    expect(await childrenWith(childText())).toEqual([]);
    writer = new IpWriter({ namespace: namespace.name });
  });
});
