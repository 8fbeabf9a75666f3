import { describe, expect, it } from '@jest/globals';

import { encodingOnce } from './encode-once.js';
import { oncePerStep } from './once-per-step.js';
import { StateStore } from './state-store.js';

function definitionThatCounts(responseStream: boolean) {
  const count = { encodings: 0 };
  const asIs = (bytes: Buffer): Buffer => bytes;
  const method = {
    ...{ path: '/test.Test/Method', requestStream: false, responseStream },
    ...{ requestSerialize: asIs, requestDeserialize: asIs, responseDeserialize: asIs },
    responseSerialize: (message: { readonly text: string }): Buffer => {
      count.encodings += 1;
      return Buffer.from(message.text);
    },
  };
  const encode = encodingOnce({ method }).method?.responseSerialize as (message: object) => Buffer;
  return { count, encode };
}

describe('encodingOnce', () => {
  it('encodes a message of a stream once for all readers, and another one anew', () => {
    const { count, encode } = definitionThatCounts(true);
    const message = { text: 'one' };
    expect(encode(message)).toBe(encode(message));
    expect(count.encodings).toBe(1);
    expect(encode({ text: 'two' }).toString()).toBe('two');
    expect(encode({ text: 'one' }).toString()).toBe('one');
    expect(count.encodings).toBe(3);
  });

  it('leaves unary methods alone: each answer is of its own', () => {
    const { count, encode } = definitionThatCounts(false);
    const message = { text: 'one' };
    encode(message);
    encode(message);
    expect(count.encodings).toBe(2);
  });
});

describe('oncePerStep', () => {
  it('gives readers that keep up the same message, and one that resumes its own', async () => {
    const store = new StateStore<number>();
    const leaving = new AbortController();
    const messageOf = oncePerStep<number, object>(({ upserts }) => ({ upserts: [...upserts] }));
    const readers = [1, 2].map(() => store.watch({ epoch: '', afterRevision: 0n }, leaving.signal));
    const next = () =>
      Promise.all(
        readers.map(async (reader) => {
          const step = await reader.next();
          if (step.done === true) throw new Error('the watch has ended');
          return messageOf(step.value);
        }),
      );
    await next();
    const changed = next();
    store.replaceAll(new Map([['a', 1]]));
    const [one, other] = await changed;
    expect(one).toBe(other);
    expect(one).toEqual({ upserts: [1] });
    leaving.abort();
  });
});
