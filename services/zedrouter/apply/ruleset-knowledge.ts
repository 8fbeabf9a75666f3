import { readNftGeneration, whyNoSystemCalls } from 'iproute-exec';

import type { Elements, ElementSets, SetName } from '../desired/sets.js';
import type { SetChange } from '../plan/operations.js';
import type { NftReading } from './nft-reading.js';

/**
 * What our nft table holds, for as long as nobody has changed anything since: the kernel numbers the generations of its
 * rulesets. Listing a table takes nft some 10 ms, with thousands of elements 100; asking for the number, 20 us.
 */
export class RulesetKnowledge {
  readonly #namespace: string | undefined;
  #known: { readonly generation: number; readonly reading: NftReading } | undefined;

  constructor(namespace: string | undefined) {
    this.#namespace = namespace;
  }

  /** The number of the present generation; undefined where it cannot be asked for. */
  generation(): number | undefined {
    return whyNoSystemCalls() === undefined ? readNftGeneration(this.#namespace) : undefined;
  }

  /** What the table holds now; undefined where it has to be read. */
  get current(): NftReading | undefined {
    return this.#known !== undefined && this.#known.generation === this.generation() ? this.#known.reading : undefined;
  }

  /** Notes what was read when the generation was this one; it counts where nothing changed while it was read. */
  read(generation: number | undefined, reading: NftReading): void {
    this.#known = generation !== undefined && generation === this.generation() ? { generation, reading } : undefined;
  }

  /** Notes that a transaction of ours has changed elements since the generation was `before`. */
  changed(before: number | undefined, changes: readonly SetChange[]): void {
    const known = this.#known;
    const after = this.generation();
    const isOursAlone = known !== undefined && known.generation === before && after === following(before);
    this.#known = isOursAlone
      ? { generation: after, reading: { ...known.reading, elements: changedElements(known.reading.elements, changes) } }
      : undefined;
  }
}

/** The kernel counts in 32 bits, and leaves 0 out. */
function following(generation: number): number {
  return generation === 0xffff_ffff ? 1 : generation + 1;
}

function changedElements(before: ElementSets, changes: readonly SetChange[]): ElementSets {
  const after: Record<SetName, Elements> = { ...before };
  for (const { set, deleted, added } of changes) {
    const elements = new Map(before[set]);
    for (const key of deleted) elements.delete(key);
    for (const [key, value] of added) elements.set(key, value);
    after[set] = elements;
  }
  return after;
}
