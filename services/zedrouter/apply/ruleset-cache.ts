import { NFT_FAMILY, NFT_TABLE } from '../../../lib/dataplane-layout/index.js';
import {
  elementKey,
  followingNftGeneration,
  readNftChainsDigest,
  readNftGeneration,
  readNftNames,
  readNftTable,
  type SetElements,
} from '../../../lib/netlink/index.js';
import { isAccessObject, type AccessObject, type AccessObjects } from '../desired/access.js';
import { SETS, type ElementSets, type SetName } from '../desired/sets.js';
import type { SetChange } from '../plan/operations.js';

/** Our nft table, as it was read. */
export interface RulesetReading {
  /** The same whenever chains and rules are the same; undefined where there is no table. */
  readonly chainsDigest: string | undefined;
  readonly elements: ElementSets;
  readonly accessObjects: AccessObjects;
}

/**
 * What our nft table holds, for as long as nobody has changed anything since: the kernel numbers the generations of its
 * rulesets. Reading a table with thousands of elements takes tens of milliseconds; asking for the number, 20 us.
 */
export class RulesetCache {
  readonly #namespace: string | undefined;
  #readings = 0;
  #known: { readonly generation: number; readonly reading: RulesetReading } | undefined;
  /** The generation up to which all changes since the chains were loaded are ours; undefined: not all are. */
  #ours: number | undefined;

  constructor(namespace: string | undefined) {
    this.#namespace = namespace;
  }

  /** How often others were found to have changed rulesets, ours or not; loading ours counts, too. */
  get foreignChanges(): number {
    return this.#readings;
  }

  /** The number of the present generation. @throws NetlinkError */
  generation(): number {
    return readNftGeneration(this.#namespace);
  }

  /** Of the chains alone, which is read much faster than the elements. @throws NetlinkError */
  chainsDigest(): string | undefined {
    const { current } = this;
    if (current !== undefined) return current.chainsDigest;
    const place = { family: NFT_FAMILY, table: NFT_TABLE, namespace: this.#namespace } as const;
    return readNftChainsDigest({ ...place, isRead: rulesThatCount(readNftNames(place).chains) });
  }

  /** What the table holds now, where that is known without reading it. @throws NetlinkError */
  get current(): RulesetReading | undefined {
    return this.#known?.generation === this.generation() ? this.#known.reading : undefined;
  }

  /** What the table holds now; read where it is not known. `boottimeMs`: CLOCK_BOOTTIME now. @throws NetlinkError */
  read(boottimeMs: number): RulesetReading {
    const { current } = this;
    if (current !== undefined) return current;
    this.#readings += 1;
    const generation = this.generation();
    const namespace = this.#namespace;
    const place = { family: NFT_FAMILY, table: NFT_TABLE, namespace } as const;
    const { chains, sets } = readNftNames(place);
    const table = readNftTable<SetName>({ ...place, sets: SETS, boottimeMs, isRead: rulesThatCount(chains) });
    const reading = { ...table, accessObjects: accessObjectsNamed(chains, sets) };
    // It counts where nothing changed while it was read.
    this.#known = generation === this.generation() ? { generation, reading } : undefined;
    return reading;
  }

  /** Notes that we have loaded chains and rules, in one transaction, since the generation was `before`. */
  loaded(before: number): void {
    const after = this.generation();
    this.#ours = after === followingNftGeneration(before) ? after : undefined;
  }

  /**
   * The chains after they were loaded. `isOurs`: nobody can have changed them in between; else it is not known whether
   * they are as they were loaded. @throws NetlinkError
   */
  chainsAsLoaded(boottimeMs: number): { readonly digest: string | undefined; readonly isOurs: boolean } {
    const { chainsDigest: digest } = this.read(boottimeMs);
    return { digest, isOurs: this.#ours !== undefined && this.#known?.generation === this.#ours };
  }

  /** Notes that a transaction of ours has changed elements since the generation was `before`. */
  changed(before: number, changes: readonly SetChange[]): void {
    const known = this.#known;
    const after = this.generation();
    const isNext = after === followingNftGeneration(before);
    if (this.#ours !== undefined) this.#ours = isNext && this.#ours === before ? after : undefined;
    const isOursAlone = known?.generation === before && isNext;
    this.#known = isOursAlone
      ? { generation: after, reading: { ...known.reading, elements: changedElements(known.reading.elements, changes) } }
      : undefined;
  }
}

/** A rule takes some 30 us to read, and whoever waits for a switch would wait for all of them. */
const MOST_LISTS_READ = 100;

/** Where there are many access lists, their chains are known by their names alone. */
function rulesThatCount(chains: readonly string[]): ((chain: string) => boolean) | undefined {
  if (chains.filter(isAccessObject).length <= MOST_LISTS_READ) return undefined;
  return (chain) => !isAccessObject(chain);
}

/** What is in them their names say. */
function accessObjectsNamed(chains: readonly string[], sets: readonly string[]): AccessObjects {
  const objects: readonly AccessObject[] = [
    ...chains.filter(isAccessObject).map((name) => ({ kind: 'chain', name, rules: [] }) as const),
    ...sets.filter(isAccessObject).map((name) => ({ kind: 'host-set', name }) as const),
  ];
  return new Map(objects.map((object) => [object.name, object]));
}

function changedElements(before: ElementSets, changes: readonly SetChange[]): ElementSets {
  const after: Record<SetName, SetElements> = { ...before };
  for (const { set, deleted, added } of changes) {
    const elements = new Map(before[set]);
    for (const { key } of deleted) elements.delete(elementKey(key));
    for (const each of added) elements.set(elementKey(each.key), each);
    after[set] = elements;
  }
  return after;
}
