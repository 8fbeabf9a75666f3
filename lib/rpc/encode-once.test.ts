import { describe, expect, it } from '@jest/globals';

import { oncePer } from '../once/index.js';
import { encodingOnce } from './encode-once.js';
import { StateStore, type StateChange } from './state-store.js';

function definitionThatCounts() {
  const count = { encodings: 0 };
  const asIs = (bytes: Buffer): Buffer => bytes;
  const method = {
    ...{ path: '/test.Test/Method', requestStream: false, responseStream: true },
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
  it('encodes a message once for all who get it, and another one anew', () => {
    const { count, encode } = definitionThatCounts();
    const message = { text: 'one' };
    expect(encode(message)).toBe(encode(message));
    expect(count.encodings).toBe(1);
    expect(encode({ text: 'two' }).toString()).toBe('two');
    expect(encode({ text: 'one' }).toString()).toBe('one');
    expect(count.encodings).toBe(3);
  });
});

describe('a message that is made once per change', () => {
  it('gives readers that keep up the same message, and one that resumes its own', async () => {
    const store = new StateStore<number>();
    const leaving = new AbortController();
    const messageOf = oncePer(({ upserts }: StateChange<number>) => ({ upserts: [...upserts] }));
    const readers = [1, 2].map(() => store.watch({ epoch: '', afterRevision: 0n }, leaving.signal));
    const next = () =>
      Promise.all(
        readers.map(async (reader) => {
          const change = await reader.next();
          if (change.done === true) throw new Error('the watch has ended');
          return messageOf(change.value);
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
