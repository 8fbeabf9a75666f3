import { NO_ELEMENTS, quoted, SET_NAMES, SETS, tuple, untilText } from '../desired/sets.js';
import type { ElementSets, ElementType, SetDefinition, SetName } from '../desired/sets.js';
import { markText } from '../../../lib/dataplane-layout/index.js';

/** Our nft table, as read from `nft -j list table`. */
export interface NftReading {
  /** Chains and rules without handles and counts: the same text whenever they are the same. */
  readonly chains: string;
  readonly elements: ElementSets;
}

/** Reads the JSON of our table, as read at this time on CLOCK_BOOTTIME; one that does not exist reads as empty. */
export function readNftTable(json: unknown, boottimeMs: number): NftReading {
  const objects = isRecord(json) && Array.isArray(json.nftables) ? (json.nftables as readonly unknown[]) : [];
  const chains: unknown[] = [];
  const elements: Record<SetName, ReadonlyMap<string, string>> = { ...NO_ELEMENTS };
  for (const object of objects) {
    if (!isRecord(object)) continue;
    if (isRecord(object.chain)) chains.push(withoutVolatile(object.chain));
    if (isRecord(object.rule)) chains.push(withoutVolatile(object.rule));
    const set = object.set ?? object.map;
    if (isRecord(set) && isSetName(set.name)) elements[set.name] = readElements(SETS[set.name], set.elem, boottimeMs);
  }
  return { chains: JSON.stringify(chains), elements };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSetName(name: unknown): name is SetName {
  return typeof name === 'string' && (SET_NAMES as readonly string[]).includes(name);
}

function withoutVolatile(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutVolatile);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'handle' && key !== 'packets' && key !== 'bytes')
      .map(([key, inner]) => [key, withoutVolatile(inner)]),
  );
}

function readElements(definition: SetDefinition, elements: unknown, boottimeMs: number): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  if (!Array.isArray(elements)) return read;
  for (const element of elements as readonly unknown[]) {
    if (definition.value === undefined) {
      const { key, endMs } = readElement(element, boottimeMs);
      read.set(words(definition.key, key), untilText(endMs));
    } else if (Array.isArray(element)) {
      const [key, value] = element as readonly unknown[];
      read.set(words(definition.key, key), words(definition.value, value));
    }
  }
  return read;
}

/** One that counts, or ends by itself, is an object around its key, with the seconds that are left. */
function readElement(element: unknown, boottimeMs: number): { readonly key: unknown; readonly endMs?: number } {
  if (!isRecord(element) || !isRecord(element.elem)) return { key: element };
  const { val, expires } = element.elem;
  return typeof expires === 'number' ? { key: val, endMs: boottimeMs + expires * 1000 } : { key: val };
}

/** A key or value in the words that we write it with. */
function words(types: readonly ElementType[], value: unknown): string {
  const parts = isRecord(value) && Array.isArray(value.concat) ? (value.concat as readonly unknown[]) : [value];
  return tuple(...parts.map((part, index) => word(types[index], part)));
}

const PROTOCOL_NAMES = new Map<unknown, string>([
  [6, 'tcp'],
  [17, 'udp'],
]);

function word(type: ElementType | undefined, part: unknown): string {
  if (type === 'mark' && typeof part === 'number') return markText(part);
  if (type === 'ifname') return quoted(String(part));
  // Without /etc/protocols nft has numbers only.
  if (type === 'inet_proto') return PROTOCOL_NAMES.get(part) ?? String(part);
  return String(part);
}
