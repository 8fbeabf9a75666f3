import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { VirtualClock } from '../../../../lib/clock/index.js';
import { NetworkInstanceStatus } from '../../../../gen/zedrouter/v1/network_router.js';
import { sampleView } from '../../../testing/sample-view.js';
import { liveScreen } from './live-screen.js';

const HOME = '\u001b[H';

let clock: VirtualClock;
let written: string;
let rawModes: boolean[];
let quits: number;
let output: PassThrough & { columns: number; rows: number; isTTY: boolean };
let input: PassThrough;
let screen: ReturnType<typeof liveScreen>;

beforeEach(() => {
  [clock, written, rawModes, quits] = [new VirtualClock(), '', [], 0];
  output = Object.assign(new PassThrough(), { columns: 80, rows: 12, isTTY: true });
  output.on('data', (chunk: Buffer) => {
    written += chunk.toString();
  });
  input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (mode: boolean) => rawModes.push(mode),
  });
  screen = liveScreen({
    output: output as unknown as WriteStream,
    input: input as unknown as ReadStream,
    clock,
    onQuit: () => {
      quits += 1;
    },
  });
});

afterEach(() => {
  screen.close();
});

/** The rows that are shown last. */
async function rows(): Promise<readonly string[]> {
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advanceAsync(1_000);
  const last = written.split(HOME).at(-1) ?? '';
  return stripVTControlCharacters(last).split('\r\n');
}

it('fills a screen of its own, scrolls and filters it, and leaves the terminal as it was', async () => {
  const sample = sampleView();
  const crew = NetworkInstanceStatus.fromPartial({ networkInstanceId: 'id-2', displayName: 'crew' });
  screen.show({ ...sample, applied: [...sample.applied, crew] });
  const first = await rows();
  expect(written.startsWith('\u001b[?1049h')).toBe(true);
  expect(first).toHaveLength(12);
  expect(first[0]).toMatch(/^1 of 2 network instances online/);
  expect(first.at(-1)).toMatch(/^lines 1 to 11 of \d+ {3}q quit/);

  input.write('\u001b[B\u001b[B');
  expect((await rows())[0]).toBe(first[2]);

  input.write('/CREW\r');
  const filtered = await rows();
  expect(filtered[0]).toMatch(/^1 of 2 network instances online/);
  expect(filtered.filter((row) => /^(ni1|crew) /.test(row))).toEqual([expect.stringMatching(/^crew /)]);
  expect(filtered.at(-1)).toMatch(/^\/CREW: 1 of 2 network instances, escape shows all/);

  input.write('q');
  await rows();
  expect(quits).toBe(1);
  screen.close();
  expect(written).toMatch(/\u001b\[\?1049l/);
  expect(rawModes).toEqual([true, false]);
});

it('follows the size of its terminal', async () => {
  screen.show(sampleView());
  await rows();
  output.rows = 6;
  output.emit('resize');
  expect(await rows()).toHaveLength(6);
});
