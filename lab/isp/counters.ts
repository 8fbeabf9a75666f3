import { run } from 'iproute-exec';

import { ISP_TABLE } from './ruleset.js';

export interface Traffic {
  readonly packets: number;
  readonly bytes: number;
}

/** What an ISP has seen since the lab came up. */
export interface IspCounters {
  /** Passed from the customer to the internet (IP packets; what the ISP's own name server answers is not in it). */
  readonly up: Traffic;
  readonly down: Traffic;
  /** Came from the customer with a source that is not its lease: a leak. */
  readonly foreign: Traffic;
  /** Belonged to no flow that the ISP saw begin, and was dropped without a word. */
  readonly swallowed: Traffic;
  /** Leaked packets by source address. */
  readonly foreignSources: ReadonlyMap<string, Traffic>;
  /** From the customer with its own address, by destination; before any fault or firewall drops it. */
  readonly destinations: ReadonlyMap<string, Traffic>;
}

const none: Traffic = { packets: 0, bytes: 0 };

/** Reads an ISP's counters in its namespace. Throws where the table is gone. */
export async function readCounters(namespace: string): Promise<IspCounters> {
  const { stdout } = await run('nft', ['-j', 'list', 'table', 'inet', ISP_TABLE], { namespace });
  return countersOf(JSON.parse(stdout));
}

/** Finds the counters in what `nft -j list table` printed. */
export function countersOf(table: unknown): IspCounters {
  const objects = listOf(fieldOf(table, 'nftables'));
  const named = (kind: string, name: string): unknown =>
    objects.map((object) => fieldOf(object, kind)).find((object) => fieldOf(object, 'name') === name);
  const counter = (name: string): Traffic => trafficOf(named('counter', name));
  const set = (name: string): ReadonlyMap<string, Traffic> =>
    new Map(
      listOf(fieldOf(named('set', name), 'elem')).map((element): [string, Traffic] => {
        const inner = fieldOf(element, 'elem');
        return [String(fieldOf(inner, 'val')), trafficOf(fieldOf(inner, 'counter'))];
      }),
    );
  return {
    up: counter('up'),
    down: counter('down'),
    foreign: counter('foreign'),
    swallowed: counter('swallowed'),
    foreignSources: set('foreign_sources'),
    destinations: set('destinations'),
  };
}

/** What was counted between two readings. */
export function countedBetween(before: IspCounters, after: IspCounters): IspCounters {
  const sets = (name: 'foreignSources' | 'destinations'): ReadonlyMap<string, Traffic> =>
    new Map(
      [...after[name]]
        .map(([address, traffic]): [string, Traffic] => [address, less(traffic, before[name].get(address) ?? none)])
        .filter(([, { packets }]) => packets > 0),
    );
  return {
    up: less(after.up, before.up),
    down: less(after.down, before.down),
    foreign: less(after.foreign, before.foreign),
    swallowed: less(after.swallowed, before.swallowed),
    foreignSources: sets('foreignSources'),
    destinations: sets('destinations'),
  };
}

function less(a: Traffic, b: Traffic): Traffic {
  return { packets: a.packets - b.packets, bytes: a.bytes - b.bytes };
}

function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[field];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function trafficOf(value: unknown): Traffic {
  const packets = fieldOf(value, 'packets');
  const bytes = fieldOf(value, 'bytes');
  return typeof packets === 'number' && typeof bytes === 'number' ? { packets, bytes } : none;
}
