import Table from 'cli-table3';

const NOTHING = '';
const BETWEEN = '  ';

// Columns apart by two spaces and no lines: to be read by people and by grep alike.
const plainCharacters = {
  top: NOTHING,
  'top-mid': NOTHING,
  'top-left': NOTHING,
  'top-right': NOTHING,
  bottom: NOTHING,
  'bottom-mid': NOTHING,
  'bottom-left': NOTHING,
  'bottom-right': NOTHING,
  left: NOTHING,
  'left-mid': NOTHING,
  mid: NOTHING,
  'mid-mid': NOTHING,
  right: NOTHING,
  'right-mid': NOTHING,
  middle: BETWEEN,
};

/** Text may come from a configuration or another machine: no control characters reach the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** The text, cut to so many characters where it is longer. */
export function shortened(text: string, mostCharacters: number): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters - 1)}\u2026`;
}

/** Makes words stand out on a terminal that can. */
export type Paint = (text: string, kind: CellKind) => string;
export type CellKind = 'good' | 'doubt' | 'bad';

/** Text, or text that says how well something is. */
export type Cell = string | { readonly text: string; readonly kind: CellKind };

export interface TableOptions {
  /** Columns of the terminal; absent: as wide as need be, and nothing is cut. */
  readonly width?: number | undefined;
  /** Absent: no colours. */
  readonly paint?: Paint | undefined;
}

/** Fewer characters of a text say nothing. */
const LEAST_TEXT = 16;

/**
 * A table without lines. Empty cells show as `-`. Where it is too wide the last column is cut; where that leaves too
 * little of it it is left out, then the one before it.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { width, paint = (text) => text }: TableOptions = {},
): string {
  const last = head.length - 1;
  if (width === undefined || widthOf(head, rows) <= width || head.length <= 2) return rendered(head, rows, paint);
  const fewer = rows.map((row) => row.slice(0, last));
  const room = width - widthOf(head.slice(0, last), fewer) - BETWEEN.length;
  if (room < LEAST_TEXT) return table(head.slice(0, last), fewer, { width, paint });
  const cut = rows.map((row) => [...row.slice(0, last), shortened(textOf(row[last] ?? ''), room)]);
  return rendered(head, cut, paint);
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

function rendered(head: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  const made = new Table({
    head: [...head],
    chars: plainCharacters,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  const shown = (cell: Cell): string => {
    const text = textOf(cell) === '' ? '-' : printable(textOf(cell));
    return typeof cell === 'string' ? text : paint(text, cell.kind);
  };
  made.push(...rows.map((row) => row.map(shown)));
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Of the widest line there can be, in characters. */
function widthOf(head: readonly string[], rows: readonly (readonly Cell[])[]): number {
  const widths = head.map((text, column) =>
    rows.reduce((most, row) => Math.max(most, textOf(row[column] ?? '').length), Math.max(text.length, 1)),
  );
  return widths.reduce((sum, each) => sum + each, BETWEEN.length * (head.length - 1));
}
