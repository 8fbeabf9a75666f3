import { readdir } from 'node:fs/promises';
import { identify } from './process-identity.js';
import { run } from './run.js';

/** A network namespace for one test file, with what it needs to make links in it. */
export interface TestNamespace {
  readonly name: string;
  /** Runs `ip -n NAME ...`, the words given as one text. */
  ip(words: string): Promise<void>;
  /** A pair of veth ends, both in this namespace, whose indexes no other end shares. */
  addVeth(one: string, other: string): Promise<void>;
  remove(): Promise<void>;
}

let made = 0;
let nextIndex = 1_000;

/** Makes an empty namespace whose loopback is up. */
export async function makeTestNamespace(): Promise<TestNamespace> {
  made += 1;
  const name = `evi-${process.pid}-${made}`;
  const ip = async (words: string): Promise<void> => {
    await run('ip', words.split(' '), { namespace: name });
  };
  await run('ip', ['netns', 'add', name]);
  await ip('link set lo up');
  return {
    name,
    ip,
    addVeth: (one, other) => {
      const [index, peerIndex] = [nextIndex++, nextIndex++];
      return ip(`link add ${one} index ${index} type veth peer name ${other} index ${peerIndex}`);
    },
    remove: async () => {
      await run('ip', ['netns', 'del', name]);
    },
  };
}

/** Polls until the condition holds. @throws where it still does not after the time. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 5_000,
): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The living processes whose arguments, joined by blanks, contain this text. */
async function processesWith(text: string): Promise<readonly number[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return numbers
    .map(identify)
    .flatMap((process) => (process?.argv.join(' ').includes(text) === true ? [process.pid] : []));
}

/** This process's one living child whose arguments contain this text. @throws where there is none, or more. */
export async function childWith(text: string): Promise<number> {
  const found = await childrenWith(text);
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} children with: ${text}`);
  return only;
}

/** This process's living children whose arguments contain this text; several test files run at the same time. */
export async function childrenWith(text: string): Promise<readonly number[]> {
  const all = (await processesWith(text)).map(identify);
  return all.flatMap((found) => (found?.parentPid === process.pid ? [found.pid] : []));
}
