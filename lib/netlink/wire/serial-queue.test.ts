import { expect, it } from '@jest/globals';
import { SerialQueue } from './serial-queue.js';

it('runs one task at a time, in order, past a failure', async () => {
  const queue = new SerialQueue();
  const log: string[] = [];
  const task = (name: string) => async (): Promise<string> => {
    log.push(`begin ${name}`);
    await Promise.resolve();
    log.push(`end ${name}`);
    if (name === 'b') throw new Error('b failed');
    return name;
  };
  const done = await Promise.allSettled(['a', 'b', 'c'].map((name) => queue.add(task(name))));
  await queue.idle();
  expect(log).toEqual(['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c']);
  expect(done.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
