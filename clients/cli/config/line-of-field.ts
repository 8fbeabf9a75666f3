import { isMap, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from 'yaml';

/**
 * Finds the line, counted from 1, on which a field stands in JSON or YAML text: the field's path is in protobuf JSON
 * names, the text may have either form of a name. Of a field that is not there the line of what it belongs in;
 * undefined where the text cannot be read.
 */
export function lineOfField(text: string): (field: string) => number | undefined {
  let read: ReturnType<typeof readText> | undefined;
  return (field) => {
    read ??= readText(text);
    const { root, lines } = read;
    if (root === undefined) return undefined;
    const offset = offsetOf(root, segmentsOf(field));
    return offset === undefined ? undefined : lines.linePos(offset).line;
  };
}

function readText(text: string): { readonly root: YAMLMap | undefined; readonly lines: LineCounter } {
  const lines = new LineCounter();
  const { contents, errors } = parseDocument(text, { lineCounter: lines });
  // Anything else is no configuration; binary, for one, may read as a word.
  return { root: errors.length === 0 && isMap(contents) ? contents : undefined, lines };
}

/** `networkInstances[1].ip` is `networkInstances`, 1, `ip`; `phyaddrs["ifname"]` is `phyaddrs`, `ifname`. */
function segmentsOf(field: string): readonly (string | number)[] {
  return [...field.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, name]) =>
    index === undefined ? (quoted ?? name ?? '') : Number(index),
  );
}

/** Where the last of these begins that is there; a key stands for its value. */
function offsetOf(root: Node, segments: readonly (string | number)[]): number | undefined {
  let node: unknown = root;
  let offset = root.range?.[0];
  for (const segment of segments) {
    if (isSeq(node) && typeof segment === 'number') {
      const item = node.items[segment] as Node | null | undefined;
      if (item === undefined || item === null) return offset;
      node = item;
      offset = item.range?.[0] ?? offset;
    } else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isSameName(nameOf(key), String(segment)));
      if (pair === undefined) return offset;
      node = pair.value;
      offset = (pair.key as Node | null)?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

function nameOf(key: unknown): string {
  return typeof key === 'object' && key !== null && 'value' in key ? String(key.value) : '';
}

/** `fallBackPriority` and `fall_back_priority` are the same. */
function isSameName(a: string, b: string): boolean {
  return a === b || plain(a) === plain(b);
}

function plain(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}
