/** Stands at the top of every page that is made by code. */
export const GENERATED_NOTICE = '<!-- Made by `npm run docs`. DO NOT EDIT. -->';

/** A table as prettier would lay it out. */
export function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [top = [], ...others] = cells;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(top), rule, ...others.map(line)].join('\n');
}
