import { loadRuleset } from 'iproute-exec';

import {
  followingNftGeneration,
  readNftChainsDigest,
  readNftGeneration,
  readNftNames,
  readNftTable,
  type SetElements,
} from '../../../lib/netlink/index.js';
import {
  HOST_FAMILY,
  HOST_TABLE,
  hostTable,
  SWITCH_FAMILY,
  SWITCH_SETS,
  SWITCH_TABLE,
  switchTable,
  tableScript,
  type NftTableContent,
  type PlacedSwitch,
} from '../desired/switch-access.js';

const TABLES = [
  { family: SWITCH_FAMILY, table: SWITCH_TABLE },
  { family: HOST_FAMILY, table: HOST_TABLE },
] as const;

/** What rules have put into the table, or what it was told. */
export type SwitchReading = Readonly<Record<keyof typeof SWITCH_SETS, SetElements>>;

/** What is in force of ours: content, and how the kernel shows its chains. */
interface InForce {
  readonly text: string;
  readonly digests: readonly (string | undefined)[];
  readonly members: readonly string[];
}

/** The nft tables of the switches, in one network namespace. */
export class SwitchTables {
  readonly #namespace: string | undefined;
  #inForce: InForce | undefined;

  constructor(namespace: string | undefined) {
    this.#namespace = namespace;
  }

  /**
   * Makes both tables what they are to be, in one transaction; nothing is done where they are that.
   * @throws CommandError where nft refuses; NetlinkError
   */
  async load(switches: readonly PlacedSwitch[]): Promise<void> {
    const contents: readonly NftTableContent[] = [switchTable(switches), hostTable(switches)];
    const text = JSON.stringify(contents);
    if (this.#inForce?.text === text) return;
    this.#inForce = undefined;
    const scripts = TABLES.map((place, index) => {
      const content = contents[index];
      return content === undefined ? '' : tableScript(place, content, this.#names(place));
    });
    const before = readNftGeneration(this.#namespace);
    await loadRuleset(scripts.join(''), this.#place());
    const digests = this.#digests();
    // Where somebody else was at it meanwhile, what was read may not be what was loaded: it is loaded again.
    if (readNftGeneration(this.#namespace) !== followingNftGeneration(before)) return;
    const members = switches.flatMap((each) => each.members.map(({ interfaceName }) => interfaceName));
    this.#inForce = { text, digests, members };
  }

  /** Whether the kernel was seen to hold what was loaded last. */
  get isInForce(): boolean {
    return this.#inForce !== undefined;
  }

  /** Whether the kernel still holds what was loaded; where not, the next load makes it so. @throws NetlinkError */
  isAsLoaded(boottimeMs: number): boolean {
    const inForce = this.#inForce;
    if (inForce === undefined) return false;
    const digests = this.#digests();
    const members = this.read(boottimeMs).members;
    const isSame =
      digests.every((digest, index) => digest === inForce.digests[index]) &&
      members.size === inForce.members.length &&
      inForce.members.every((name) => members.has(name));
    if (!isSame) this.#inForce = undefined;
    return isSame;
  }

  /** Empty where there is no table. @throws NetlinkError */
  read(boottimeMs: number): SwitchReading {
    const place = { family: SWITCH_FAMILY, table: SWITCH_TABLE, namespace: this.#namespace } as const;
    // Only elements count: the chains are looked at elsewhere.
    return readNftTable({ ...place, sets: SWITCH_SETS, boottimeMs, isRead: () => false }).elements;
  }

  /** Takes both away, where they are there. @throws CommandError */
  async remove(): Promise<void> {
    this.#inForce = undefined;
    await removeSwitchTables(this.#namespace);
  }

  #names(place: (typeof TABLES)[number]): ReturnType<typeof readNftNames> {
    return readNftNames({ ...place, namespace: this.#namespace });
  }

  #digests(): readonly (string | undefined)[] {
    return TABLES.map((place) => readNftChainsDigest({ ...place, namespace: this.#namespace }));
  }

  #place(): { readonly namespace?: string } {
    return this.#namespace === undefined ? {} : { namespace: this.#namespace };
  }
}

/** Takes the tables of switches away, where they are there. @throws CommandError */
export async function removeSwitchTables(namespace: string | undefined): Promise<void> {
  const there = TABLES.filter((place) => readNftChainsDigest({ ...place, namespace }) !== undefined);
  if (there.length === 0) return;
  const script = there.map(({ family, table }) => `delete table ${family} ${table}\n`).join('');
  await loadRuleset(script, namespace === undefined ? {} : { namespace });
}
