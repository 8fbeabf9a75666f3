import Table from 'cli-table3';

const NOTHING = '';

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
  middle: '  ',
};

/** Text may come from a configuration or another machine: no control characters reach the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** The text, cut to so many characters where it is longer. */
export function shortened(text: string, mostCharacters: number): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters - 1)}\u2026`;
}

/** A table without lines. Empty cells show as `-`. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const made = new Table({
    head: [...head],
    chars: plainCharacters,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  made.push(...rows.map((row) => row.map((cell) => (cell === '' ? '-' : printable(cell)))));
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
