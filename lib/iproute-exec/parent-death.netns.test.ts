import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { identify } from './process-identity.js';
import { eventually, makeTestNamespace, type TestNamespace } from './testing.js';

let namespace: TestNamespace;
let directory: string;
let parent: ChildProcess | undefined;

beforeAll(async () => {
  namespace = await makeTestNamespace();
  directory = await mkdtemp(join(tmpdir(), 'evi-parent-'));
  const entry = join(dirname(fileURLToPath(import.meta.url)), 'index.ts');
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(directory, 'package.mjs'),
  });
});

afterAll(async () => {
  await rm(directory, { recursive: true });
  await namespace.remove();
});

afterEach(async () => {
  if (parent?.exitCode === null && parent.signalCode === null) {
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  }
  parent = undefined;
});

/** Opens one of each, uses it, prints the numbers of its children, then does `last`. */
function program(last: string): string {
  return `
    import { readFileSync } from 'node:fs';
    import { IpMonitor, IpReader, IpWriter, NftMonitor, NftSession } from '../../services/iproute-exec/package.mjs';
    const options = { namespace: '${namespace.name}', onLine() {}, onLost() {} };
    const all = [
      new IpWriter(options), new IpReader(options), new NftSession(options),
      new IpMonitor({ ...options, objects: ['link'] }), new NftMonitor(options),
    ];
    const [writer, reader, nft, ipMonitor, nftMonitor] = all;
    await Promise.all([writer.run([['link', 'set', 'lo', 'up']]), reader.query([['link', 'show']]), nft.apply('')]);
    await Promise.all([ipMonitor.ready, nftMonitor.ready]);
    const children = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8');
    process.stdout.write(children + '\\n');
    ${last}
  `;
}

async function childrenOf(
  last: string,
): Promise<{ pids: readonly number[]; end: (signal?: NodeJS.Signals) => Promise<unknown> }> {
  const file = join(directory, 'program.mjs');
  await writeFile(file, program(last));
  const started = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  parent = started;
  const exit = once(started, 'exit');
  const [line] = (await once(started.stdout.setEncoding('utf8'), 'data')) as [string];
  return {
    pids: line.trim().split(/\s+/).map(Number),
    end: (signal) => {
      if (signal !== undefined) started.kill(signal);
      return exit;
    },
  };
}

function areGone(pids: readonly number[]): boolean {
  return pids.map(identify).every((process) => process === undefined);
}

describe('the children of a process', () => {
  it('end when it is killed', async () => {
    const { pids, end } = await childrenOf('setInterval(() => undefined, 1000);');
    // Two of them are the reader's.
    expect(pids).toHaveLength(6);
    await end('SIGKILL');
    await eventually('all are gone', () => areGone(pids));
  });

  it('do not keep it alive, and end with it', async () => {
    const { pids, end } = await childrenOf('');
    expect(await end()).toEqual([0, null]);
    await eventually('all are gone', () => areGone(pids));
  });

  it('are gone when close has answered', async () => {
    const { pids, end } = await childrenOf(`
      await Promise.all(all.map((one) => one.close()));
      const left = readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim();
      process.exit(left === '' ? 0 : 9);
    `);
    expect(await end()).toEqual([0, null]);
    expect(areGone(pids)).toBe(true);
  });
});
