import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { run } from '../iproute-exec/run.js';
import { makeTestNamespace, type TestNamespace } from '../iproute-exec/testing.js';
import { readNftGeneration } from './nft-generation.js';
import { changeSetElements, element } from './set-element.js';

let namespace: TestNamespace;

beforeAll(async () => {
  namespace = await makeTestNamespace();
});

afterAll(async () => {
  await namespace.remove();
});

it('grows by one with each transaction, whosever it is and however large, and stays otherwise', async () => {
  const { name } = namespace;
  const first = readNftGeneration(name);
  const script = 'table inet t {\nset s { type ifname; }\nchain c { type filter hook input priority 0; }\n}\n';
  await run('nft', ['-f', '-'], { namespace: name, input: script });
  expect(readNftGeneration(name)).toBe(first + 1);
  const change = {
    set: 's',
    key: ['ifname'],
    deleted: [],
    added: [element(['eth0']), element(['lo'])],
  } as const;
  changeSetElements({ family: 'inet', table: 't', namespace: name, boottimeMs: 0, changes: [change] });
  expect(readNftGeneration(name)).toBe(first + 2);
  expect(() => {
    changeSetElements({ family: 'inet', table: 'missing', namespace: name, boottimeMs: 0, changes: [change] });
  }).toThrow('No such file or directory');
  await run('nft', ['list', 'ruleset'], { namespace: name });
  expect(readNftGeneration(name)).toBe(first + 2);
  expect(() => readNftGeneration('evi-missing')).toThrow('Cannot open network namespace');
});
