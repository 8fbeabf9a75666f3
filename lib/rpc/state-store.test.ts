import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { StateStore, type StateChange } from './index.js';

const fromStart = { epoch: '', afterRevision: 0n };

function storeOf(...states: Record<string, string>[]): StateStore<string> {
  const store = new StateStore<string>({ epoch: 'e' });
  for (const state of states) store.replaceAll(new Map(Object.entries(state)));
  return store;
}

async function nextOf<T>(changes: AsyncGenerator<T, void>): Promise<T> {
  const { value } = await changes.next();
  if (value === undefined) throw new Error('the watch is over');
  return value;
}

describe('StateStore', () => {
  it('makes one revision of a change, and none where nothing differs', () => {
    const store = storeOf();
    expect(store.revision).toBe(0n);
    expect(store.replaceAll(new Map())).toBe(true);
    expect(store.revision).toBe(1n);
    expect(store.replaceAll(new Map([['a', '1'], ['b', '1']]))).toBe(true); // prettier-ignore
    expect(store.replaceAll(new Map([['a', '1'], ['b', '1']]))).toBe(false); // prettier-ignore
    expect(store.revision).toBe(2n);
    expect(store.get('a')).toBe('1');
    expect(store.list()).toEqual(['1', '1']);
  });

  it('stamps what changed and keeps the stamp of what did not', () => {
    interface Stamped {
      readonly text: string;
      readonly revision: bigint;
    }
    const store = new StateStore<Stamped>({ equals: (a, b) => a.text === b.text });
    const put = (...texts: string[]): boolean =>
      store.replaceAll(
        new Map(texts.map((text, index) => [String(index), { text, revision: 0n }])),
        (value, revision) => ({
          ...value,
          revision,
        }),
      );
    put('a', 'b');
    put('a', 'c');
    expect(store.list()).toEqual([
      { text: 'a', revision: 1n },
      { text: 'c', revision: 2n },
    ]);
    expect(put('a', 'c')).toBe(false);
  });

  it('begins with a snapshot and goes on with deltas', async () => {
    const store = storeOf({ a: '1', b: '1' });
    const changes = store.watch(fromStart, new AbortController().signal);
    expect(await nextOf(changes)).toEqual({
      snapshot: true,
      epoch: 'e',
      revision: 1n,
      upserts: ['1', '1'],
      removedKeys: [],
    });
    store.replaceAll(new Map([['a', '2']]));
    expect(await nextOf(changes)).toEqual({
      snapshot: false,
      epoch: 'e',
      revision: 2n,
      upserts: ['2'],
      removedKeys: ['b'],
    });
  });

  it('gives a slow reader the newest state in one step', async () => {
    const store = storeOf({ a: '1' });
    const changes = store.watch(fromStart, new AbortController().signal);
    await nextOf(changes);
    for (const value of ['2', '3', '4']) store.replaceAll(new Map([['a', value], ['b', value]])); // prettier-ignore
    store.replaceAll(new Map([['a', '4']]));
    expect(await nextOf(changes)).toEqual({
      snapshot: false,
      epoch: 'e',
      revision: 5n,
      upserts: ['4'],
      removedKeys: ['b'],
    });
  });

  const resumePoints: {
    name: string;
    epoch: string;
    after: bigint;
    snapshot: boolean;
    upserts: string[];
    removed: string[];
  }[] = [
    { name: 'same epoch', epoch: 'e', after: 1n, snapshot: false, upserts: ['2'], removed: ['b'] },
    { name: 'nothing missed', epoch: 'e', after: 2n, snapshot: false, upserts: [], removed: [] },
    { name: 'another epoch', epoch: 'f', after: 1n, snapshot: true, upserts: ['2'], removed: [] },
    { name: 'a revision of the future', epoch: 'e', after: 9n, snapshot: true, upserts: ['2'], removed: [] },
  ];
  it.each(resumePoints)('resumes: $name', async ({ epoch, after, snapshot, upserts, removed }) => {
    const store = storeOf({ a: '1', b: '1' }, { a: '2' });
    const changes = store.watch({ epoch, afterRevision: after }, new AbortController().signal);
    expect(await nextOf(changes)).toEqual({ snapshot, epoch: 'e', revision: 2n, upserts, removedKeys: removed });
  });

  it('sends a snapshot to a reader that is behind the remembered removals', async () => {
    const store = storeOf({ a: '1' });
    store.replaceAll(new Map(Array.from({ length: 3000 }, (_, index) => [`k${index}`, 'x'])));
    store.replaceAll(new Map());
    const changes = store.watch({ epoch: 'e', afterRevision: 1n }, new AbortController().signal);
    expect(await nextOf(changes)).toMatchObject({ snapshot: true, revision: 3n, upserts: [] });
  });

  it('ends when the signal aborts, waiting or not', async () => {
    const controller = new AbortController();
    const changes = storeOf({ a: '1' }).watch(fromStart, controller.signal);
    await nextOf(changes);
    const waiting = changes.next();
    controller.abort();
    expect((await waiting).done).toBe(true);
  });

  it('brings every reader to the state, whatever it missed (property)', async () => {
    const state = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(state, fc.boolean()), { maxLength: 20 }), async (history) => {
        const store = new StateStore<{ key: string; value: string }>();
        const seen = new Map<string, string>();
        const take = (change: StateChange<{ key: string; value: string }>): void => {
          if (change.snapshot) seen.clear();
          for (const key of change.removedKeys) seen.delete(key);
          for (const { key, value } of change.upserts) seen.set(key, value);
        };
        const changes = store.watch(fromStart, new AbortController().signal);
        take(await nextOf(changes));
        let revision = store.revision;
        const catchUp = async (): Promise<void> => {
          if (store.revision === revision) return;
          take(await nextOf(changes));
          revision = store.revision;
        };
        for (const [entries, reads] of history) {
          store.replaceAll(new Map(Object.entries(entries).map(([key, value]) => [key, { key, value }])));
          if (reads) await catchUp();
        }
        await catchUp();
        expect([...seen].sort()).toEqual(
          store
            .list()
            .map(({ key, value }) => [key, value])
            .sort(),
        );
      }),
    );
  });
});
